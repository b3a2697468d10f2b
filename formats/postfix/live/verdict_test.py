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
import subprocess
import time

import config
import instance
import scenes
import tool
from check import Check
from scenes import BOB, OURS, Maker
from sink import Sink
from smtp import Client, Message, Refused

QUEUE = "/lab/spool/verdict"


class Scene:
    def __init__(self, make, finding, who, stops=None):
        """stops: a method of Site that shows that the remedy works."""
        self.make, self.finding, self.who, self.stops = make, finding, set(who), stops
        self.name = make.__name__


SCENES = [
    Scene(scenes.stolen_one_address, "stolen-account", [BOB], "login_stopped"),
    Scene(scenes.stolen_botnet, "stolen-account", [BOB]),
    Scene(scenes.stolen_three_logins, "stolen-account", [BOB, f"carol@{OURS}", f"dave@{OURS}"]),
    Scene(scenes.stolen_rotating_senders, "stolen-account", [BOB]),
    Scene(scenes.open_relay, "open-relay", [], "relay_closed"),
    Scene(scenes.infected_host, "infected-host", ["10.0.4.23"], "host_stopped"),
    Scene(scenes.hacked_script, "hacked-script", [str(config.LOCAL_USERS["webshop"]),
                                                  "leafmailer2.8.php"], "user_stopped"),
    Scene(scenes.backscatter, "backscatter", []),
    Scene(scenes.destination_down, "destination-down", ["refused.test"], "domain_paused"),
    Scene(scenes.mail_loop, "mail-loop", []),
]
SHORT = ("stolen_botnet", "open_relay", "hacked_script", "backscatter")


def spoolsweep(*words, codes=(0,)):
    return tool.run(tool.SPOOLSWEEP, "-s", QUEUE, *words, codes=codes).decode()


def listed(*words):
    """{queue id: message} of the queue, or of a filter."""
    done = spoolsweep("list", *words, "--json", codes=(0, 1))
    return {one["queue_id"]: one for one in map(json.loads, done.splitlines())}


def as_meant(mail, shown, check):
    """What the queue says of a message is what was said when it was handed in."""
    wanted = {"account": mail.origin.account, "client_ip": mail.origin.client_ip,
              "uid": mail.origin.uid, "origin": mail.entry, "sender": mail.sender,
              "nrcpt": None}
    for key, value in wanted.items():
        if key != "nrcpt":
            check.equal(shown[key], value, f"{key} of {mail.queue_id}")


class Site:
    def __init__(self, postfix, check):
        self.postfix, self.check = postfix, check
        with open(f"{config.CONFIG}/main.cf") as file:
            self.main_cf = file.read()

    def send(self, mails, what):
        """Sends them and waits; {queue id: mail} of those that are still there."""
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

    def forget(self, ids):
        self.postfix.postsuper("-d", ids)

    def restore(self):
        """The configuration as it was before lines were pasted."""
        with open(f"{config.CONFIG}/main.cf", "w") as file:
            file.write(self.main_cf)
        instance.run("postfix", "reload", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options.add_argument("--only")
    chosen = options.parse_args()
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    count = 600 if chosen.long else 150
    with instance.Instance(queue=QUEUE, **scenes.SETTINGS) as postfix, Sink(config.SINK):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        site = Site(postfix, check)
        site.send(scenes.background(count), "background")
        check.note(f"{count} ordinary messages")
        for scene in SCENES:
            if chosen.only and scene.name != chosen.only or \
                    not chosen.only and not chosen.long and scene.name not in SHORT:
                continue
            mails = scene.make(Maker(scene.name), count)
            found, bounces = site.send(mails, scene.name)
            check.note(f"{scene.name}: {len(mails)} sent, {len(found)} and {len(bounces)} bounces "
                       "in the queue")
            site.forget([*found, *bounces])
    check.finish()


if __name__ == "__main__":
    main()
