"""
Incidents sent through a real Postfix, told, cleaned up and stopped.

For each scene of scenes.py, with the ordinary mail of the site beside it: what was sent is in
the queue as it was meant; the report names what happened and who did it; the finding selects
exactly its messages; a purge by its id takes these and nobody else's, undo brings them back;
and the lines of the remedy, pasted into a shell, stop the culprit and let others go on.
"""

import argparse
import json
import os

import config
import instance
import scenes
import tool
from check import Check
from remedies import Remedies
from scenes import BOB, Maker
from sink import Sink

QUEUE = "/lab/spool/verdict"
REFUSED_BY_RULE = 4


class Scene:
    def __init__(self, make, finding, who, stops=None):
        """who: values that the finding has to name. stops: of Remedies: the remedy works."""
        self.make, self.finding, self.who, self.stops = make, finding, set(who), stops
        self.name = make.__name__
        # Of these Postfix's own bounces are the incident, not what was sent.
        self.is_bounces = finding == "backscatter"


SCENES = [
    Scene(scenes.stolen_one_address, "stolen-account", [BOB], "login_stopped"),
    Scene(scenes.stolen_botnet, "stolen-account", [BOB], "login_stopped"),
    Scene(scenes.stolen_three_logins, "stolen-account", [name.lower() for name in scenes.THREE],
          "login_stopped"),
    Scene(scenes.stolen_rotating_senders, "stolen-account", [BOB]),
    Scene(scenes.open_relay, "open-relay", [], "relay_closed"),
    Scene(scenes.infected_host, "infected-host", ["10.0.4.23"], "host_stopped"),
    Scene(scenes.hacked_script, "hacked-script", [str(config.LOCAL_USERS["webshop"]),
                                                  "leafmailer2.8.php"], "user_stopped"),
    Scene(scenes.backscatter, "backscatter", [], "unknown_users_refused"),
    Scene(scenes.destination_down, "destination-down", ["down.test"], "domain_paused"),
    Scene(scenes.mail_loop, "mail-loop", []),
]
SHORT = ("stolen_botnet", "open_relay", "hacked_script")
TOGETHER = ("stolen_botnet", "hacked_script", "destination_down")


def spoolsweep(*words, codes=(0,)):
    return tool.run(tool.SPOOLSWEEP, "-s", QUEUE, *words, codes=codes).decode()


def listed(*words):
    """{queue id: message} of the queue, or of a filter."""
    done = spoolsweep("list", *words, "--json", codes=(0, 1))
    return {one["queue_id"]: one for one in map(json.loads, done.splitlines())}


def selected(condition):
    return set(spoolsweep("list", condition, "--ids", codes=(0, 1)).split())


def act(*words):
    return json.loads(spoolsweep(*words, "--apply", "--yes", "--max", "1000000", "--json",
                                 "--log-messages", "never"))


def as_meant(mail, shown, check):
    """What the queue says of a message is what was said when it was handed in."""
    wanted = {"account": mail.origin.account, "client_ip": mail.origin.client_ip,
              "uid": mail.origin.uid, "origin": mail.entry, "sender": mail.sender}
    for key, value in wanted.items():
        check.equal(shown[key], value, f"{key} of {mail.queue_id}")


class Site:
    def __init__(self, postfix, check, thorough):
        self.postfix, self.check = postfix, check
        self.remedies = Remedies(postfix, check, thorough)

    def send(self, mails, what):
        """Sends them and waits: {queue id: mail} of what is still there, and what it bounced."""
        before = listed().keys()
        scenes.send(mails)
        self.check.true(self.postfix.wait_rest(120), f"{what}: the queue comes to rest")
        queue = listed()
        by_message_id = {mail.message_id: mail for mail in mails if mail.origin.uid is not None}
        by_queue_id = {mail.queue_id: mail for mail in mails if mail.queue_id}
        found = {}
        for queue_id in queue.keys() - before:
            mail = by_queue_id.get(queue_id) or by_message_id.get(queue[queue_id]["message_id"])
            if mail:
                mail.queue_id = queue_id
                found[queue_id] = mail
                as_meant(mail, queue[queue_id], self.check)
        bounces = queue.keys() - before - found.keys()
        self.check.none([i for i in bounces if queue[i]["origin"] != "dsn"],
                        f"{what}: neither sent nor a bounce")
        return found, bounces

    def findings(self):
        return json.loads(spoolsweep("report", "--json"))["findings"]

    def judge(self, scene, findings, found, bounces):
        """The finding of a scene, if it is right; its messages."""
        check, name = self.check, scene.name
        guilty = set(bounces) if scene.is_bounces else \
            {queue_id for queue_id, mail in found.items() if mail.guilty}
        mine = [one for one in findings if one["class"] == scene.finding and
                scene.who <= {who["value"] for who in one["who"]}]
        if not check.equal(len(mine), 1, f"{name}: findings of {scene.finding} {scene.who}"):
            check.note(f"{name}: found " + "; ".join(f"{one['id']} {one['level']} {one['title']}"
                                                     for one in findings))
            return None, guilty
        check.true(mine[0]["level"] in ("confirmed", "probable"), f"{name}: {mine[0]['level']}")
        chosen = selected(f"finding={mine[0]['id']}")
        check.none([self.describe(found, i) for i in sorted(chosen - guilty)],
                   f"{name}: selected, and innocent")
        check.none(sorted(guilty - chosen), f"{name}: part of it, and not selected")
        return mine[0], guilty

    @staticmethod
    def describe(found, queue_id):
        mail = found.get(queue_id)
        return f"{queue_id}: {mail.origin.client_ip} {mail.sender} to {mail.rcpts[0]}: " \
            f"{mail.subject}, {mail.size}" if mail else f"{queue_id}: of the background"

    def clean_up(self, name, finding, guilty):
        """A purge by the id takes exactly its messages, and undo brings them back."""
        check, condition = self.check, f"finding={finding['id']}"
        before = self.postfix.files().keys()
        run = act("purge", condition)["run"]
        gone = before - self.postfix.files().keys()
        check.none(sorted(gone ^ guilty), f"{name}: purged, or not, and should not have been")
        act("undo", str(run))
        files = self.postfix.files()
        check.none(sorted(before ^ files.keys()), f"{name}: not as before, after undo")
        check.none(sorted(i for i in gone if files[i][0] != "hold"), f"{name}: not held")

    def play(self, scene, count):
        check, name = self.check, scene.name
        ordinary = self.postfix.files().keys()
        mails = scene.make(Maker(name), count)
        found, bounces = self.send(mails, name)
        finding, guilty = self.judge(scene, self.findings(), found, bounces)
        if finding:
            if finding["bounces"]:
                check.none(sorted(selected(f"finding={finding['id']}-bounces") - bounces),
                           f"{name}: told to be its bounces, and innocent")
            if scene.finding == "destination-down":
                spoolsweep("purge", f"finding={finding['id']}", codes=(REFUSED_BY_RULE,))
            else:
                self.clean_up(name, finding, guilty)
            if scene.stops:
                getattr(self.remedies, scene.stops)(finding)
                self.remedies.undo()
            check.note(f"{name}: {finding['id']} {finding['level']}, {finding['title']}, "
                       f"{finding['messages']} of {len(found) + len(bounces)} messages")
        # With what was sent to see whether the remedy works.
        self.postfix.postsuper("-d", self.postfix.files().keys() - ordinary)

    def play_together(self, chosen, count):
        """Several incidents at the same time are told apart."""
        sent = [(scene, *self.send(scene.make(Maker(scene.name), count), scene.name))
                for scene in chosen]
        findings = self.findings()
        for scene, found, bounces in sent:
            self.judge(scene, findings, found, bounces)
        self.check.note("together: " + "; ".join(f"{one['id']} {one['level']} {one['title']}"
                                                 for one in findings))


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options.add_argument("--only", help="one scene, by its name")
    chosen = options.parse_args()
    names = [chosen.only] if chosen.only else None if chosen.long else SHORT
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    count = 600 if chosen.long else 150
    with instance.Instance(queue=QUEUE, **scenes.SETTINGS) as postfix, Sink(config.SINK):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        site = Site(postfix, check, chosen.long)
        site.send(scenes.background(count), "background")
        for one in site.findings():
            check.true(one["level"] not in ("confirmed", "probable"),
                       f"ordinary mail: {one['id']} {one['level']} {one['title']}")
        check.note(f"{count} ordinary messages")
        for scene in SCENES:
            if not names or scene.name in names:
                site.play(scene, count)
        if chosen.long:
            site.play_together([scene for scene in SCENES if scene.name in TOGETHER], count)
    check.finish()


if __name__ == "__main__":
    main()
