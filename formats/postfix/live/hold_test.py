"""
A site where hold is another program's: all mail is put on hold as it comes in, and a
stand-in for MailScanner takes it from there and hands it back. What spoolsweep holds
there must not be delivered, all other mail must.
"""

import argparse
import collections
import fcntl
import json
import os
import subprocess
import threading
import time

import config
import instance
import tool
from check import Check
from sink import Sink
from smtp import Client, Message

SPAMMER, OTHER = "bob@example.com", "carol@example.org"
RECORD = "/lab/delivered"
SCANNER_CONF = "/etc/MailScanner/conf.d/site.conf"
PATIENCE = 60
REFUSED = 4


class Scanner:
    """Takes what is whole in hold to incoming, as MailScanner does, until the block ends."""

    def __init__(self, queue):
        self.queue = queue
        self.paused, self.over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(10)

    def _work(self):
        kicked = True
        while not self.over.wait(0.1):
            for name in [] if self.paused.is_set() else os.listdir(f"{self.queue}/hold"):
                kicked = not self._pass(name) and kicked
            # In the middle of a reload there may be nobody to be told.
            kicked = kicked or instance.run("postkick", "public", "qmgr", "I",
                                            check=False).returncode == 0

    def _pass(self, name):
        path = f"{self.queue}/hold/{name}"
        try:
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o700 != 0o700:
                    return False
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.utime(path)  # MailScanner writes it anew.
                os.rename(path, f"{self.queue}/incoming/{name}")
                return True
        except (BlockingIOError, FileNotFoundError):
            return False


class Site:
    def __init__(self, postfix, scanner, check):
        self.postfix, self.scanner, self.check = postfix, scanner, check
        self.sent = []

    def send(self, login, rcpt, count):
        """The Message-IDs of new mail."""
        ids = [f"<{len(self.sent) + n}@origin.test>" for n in range(count)]
        with Client(config.PORT_SUBMIT) as client:
            client.identity("203.0.113.7", helo="friend", login=login)
            for message_id in ids:
                content = f"Subject: x\nMessage-ID: {message_id}\n\nHello.\n".encode()
                client.send(Message(login, [rcpt], content))
        self.sent += ids
        return ids

    def ask(self, *words, codes=(0,)):
        """Exit code, stdout, stderr."""
        done = subprocess.run([tool.SPOOLSWEEP, "-s", self.postfix.queue, *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.check.true(done.returncode in codes, f"{words}: exit {done.returncode}: "
                        f"{done.stderr}{done.stdout[-500:]}")
        return done

    def act(self, *words, codes=(0,)):
        done = self.ask(*words, "--apply", "--yes", "--max", "1000", "--json", codes=codes)
        return json.loads(done.stdout)["run"] if done.returncode == 0 else None

    def wait(self, queue, count):
        """Until that many messages are in that queue, and nothing is on its way."""
        until = time.monotonic() + PATIENCE
        found = -1
        while time.monotonic() < until and found != count:
            time.sleep(0.1)
            self.postfix.hurry_skipped()
            queues = collections.Counter(name for name, _ in self.postfix.files().values())
            moving = queues["incoming"] + queues["active"]
            found = -1 if moving or (queue != "hold" and queues["hold"]) else queues[queue]
        self.check.equal(found, count, f"messages in {queue}")

    def trash(self, run):
        folder = f"{self.postfix.queue}/spoolsweep-trash/{run}"
        return {name for queue in ("deferred", "hold") for _, _, names in
                os.walk(f"{folder}/{queue}") for name in names}

    def open(self):
        """Nothing is parked any more."""
        self.postfix.set(transport_maps="")
        self.postfix.flush()


def delivered():
    with open(RECORD) as file:
        return collections.Counter(json.loads(line)["message_id"] for line in file)


def check_detection(site, check):
    """By the scanner's settings, by Postfix's, and not when there is neither."""
    def who():
        spool = json.loads(site.ask("spools", "--json").stdout)
        return spool["hold_user"], spool["hold_because"]

    user, because = who()
    check.equal(user, "MailScanner", "who takes mail from hold")
    check.true(SCANNER_CONF in because, f"how we know: {because}")
    os.rename(SCANNER_CONF, "/tmp/site.conf")
    user, because = who()
    check.equal(user, "another program", "who, by header_checks")
    check.true("header_checks (regexp:/etc/postfix/hold_all)" in because, because)
    checks = instance.run("postconf", "-h", "header_checks", stdout=subprocess.PIPE).stdout
    instance.run("postconf", "-e", f"header_checks = regexp:{config.CONFIG}/header_checks")
    check.equal(who(), (None, None), "who, with a rule that holds some mail")
    instance.run("postconf", "-e", f"header_checks = {checks.strip()}")
    os.rename("/tmp/site.conf", SCANNER_CONF)


def check_words(site, check):
    filter_ = f"account={SPAMMER}"
    shown = site.ask("hold", filter_).stdout
    check.true("HOLD is MailScanner's on this site" in shown and "TO the trash" in shown,
               f"the preview says it: {shown}")
    plan = json.loads(site.ask("hold", filter_, "--json").stdout)
    check.equal((plan["op"], plan["to"]), ("hold-in-trash", "trash"), "the preview as JSON")
    check.true("hold       is MailScanner's" in site.ask("spools").stdout, "spools says it")
    said = site.ask("release", "queue_name=hold", "--apply", "--yes", codes=(REFUSED,)).stderr
    check.true("MailScanner's" in said and "--hold-is-hold" in said, f"release: {said}")


def test(check):
    with open("/etc/postfix/hold_all", "w") as file:
        file.write("/^Received:/ HOLD\n")
    with instance.Instance(queue="/lab/spool/hold", header_checks="regexp:/etc/postfix/hold_all",
                           fast_flush_domains="") as postfix, \
            Scanner(postfix.queue) as scanner, Sink(config.SINK, RECORD, answer=lambda *_: None):
        os.makedirs(os.path.dirname(SCANNER_CONF))
        with open(SCANNER_CONF, "w") as file:
            file.write(f"# Incoming Queue Dir = /var/spool/mqueue.in\n"
                       f"incoming queue dir = {postfix.queue}/ho*d # with a pattern\n")
        site = Site(postfix, scanner, check)
        check_detection(site, check)

        spam = site.send(SPAMMER, "x@park.test", 5)
        good = site.send(OTHER, "x@ok.example.net", 5)
        site.wait("deferred", len(spam))
        check_words(site, check)

        held = site.act("hold", f"account={SPAMMER}")
        check.equal(len(site.trash(held)), len(spam), "held, and in the trash")
        journal = json.loads(site.ask("journal", str(held), "--json").stdout)
        check.equal(journal["op"], "hold-in-trash", "what the journal calls it")

        # What waits for the scanner is held too, before it is passed on.
        scanner.paused.set()
        waiting = site.send(SPAMMER, "x@ok.example.net", 3)
        good += site.send(OTHER, "x@ok.example.net", 2)
        site.wait("hold", 5)
        check.true("MailScanner's" in site.ask("list", "queue_name=hold").stderr, "list says it")
        held_there = site.act("hold", f"account={SPAMMER}")
        scanner.paused.clear()

        gone = site.send(SPAMMER, "x@park.test", 4)
        site.wait("deferred", len(gone))
        purged = site.act("purge", f"account={SPAMMER}")
        site.ask("undo", str(purged), "--apply", "--yes", codes=(REFUSED,))
        check.equal(len(site.trash(purged)), len(gone), "purged, and still in the trash")

        site.open()
        site.wait("deferred", 0)
        check.equal(delivered(), collections.Counter(good), "delivered while the spam is held")
        check.true("stays" in site.ask("expunge", str(held), codes=(1,)).stderr,
                   "expunge leaves what is held")

        site.act("undo", str(held_there))
        site.act("undo", str(purged), "--to", "origin")
        site.wait("deferred", 0)
        check.equal(delivered(), collections.Counter(good + waiting + gone), "brought back")
        site.act("undo", str(held))
        site.wait("deferred", 0)
        check.equal(delivered(), collections.Counter(site.sent), "all of it is brought back")

        # Without all that the scanner sends what somebody puts on hold: the test can fail.
        postfix.set(defer_transports="smtp")
        site.send(SPAMMER, "x@ok.example.net", 2)
        site.wait("deferred", 2)
        postfix.set(defer_transports="")
        site.act("hold", f"account={SPAMMER}", "--hold-is-hold")
        site.wait("deferred", 0)
        check.equal(delivered(), collections.Counter(site.sent), "--hold-is-hold")
        trouble = [line for line in postfix.log() if "panic:" in line or "fatal:" in line or
                   "corrupt" in line]
        check.none(trouble, "the log")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options.parse_args()
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    test(check)
    check.finish()


if __name__ == "__main__":
    main()
