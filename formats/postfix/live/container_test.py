"""
Postfix in a container: processes and mounts of its own, the queue on a bind mount, as
Docker has it. Acted on from outside, where all of its processes are seen, and a Postfix
outside from within another container, where none is.
"""

import argparse
import collections
import json
import os
import signal
import subprocess
import threading
import time

import config
import instance
import tool
from check import Check
from sink import Sink
from smtp import Client, Message

LOGIN = "bob@example.com"
RECORD = "/lab/delivered"
QUEUE = "/lab/spool/container"
INSIDE = "/srv/queue"  # what the Postfix in the container calls it
CONTAINER = ["unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child"]
PATIENCE = 60


class Contained(instance.Instance):
    """Only master and its children are in there; the configuration is shared."""

    def start(self):
        script = f'mount --bind "{QUEUE}" "{INSIDE}" && exec postfix start-fg'
        self.master = subprocess.Popen([*CONTAINER, "sh", "-c", script],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while not os.path.exists(f"{QUEUE}/public/qmgr") and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1)
        self.running = True

    def stop(self):
        self._signal(signal.SIGTERM)
        self.master.wait(PATIENCE)
        self.running = False

    def reload(self):
        """As `postfix reload` in there would."""
        self._signal(signal.SIGHUP)
        time.sleep(1)

    def _signal(self, number):
        """To the first process in there, which is master."""
        with open(f"/proc/{self.master.pid}/task/{self.master.pid}/children") as file:
            os.kill(int(file.read().split()[0]), number)


class Work:
    def __init__(self, queue, check, prefix=()):
        self.queue, self.check, self.prefix = queue, check, list(prefix)

    def ask(self, *words, codes=(0,)):
        done = subprocess.run([*self.prefix, tool.SPOOLSWEEP, "-s", self.queue, *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.check.true(done.returncode in codes, f"{words}: exit {done.returncode}: "
                        f"{done.stderr}{done.stdout[-500:]}")
        self.said = done.stderr
        return done.stdout

    def act(self, *words, codes=(0,)):
        return json.loads(self.ask(*words, "--apply", "--yes", "--max", "99", "--json",
                                   codes=codes))

    def items(self, run):
        return json.loads(self.ask("journal", str(run), "--json"))["items"]


class Mail:
    """What was sent, and what arrived."""

    def __init__(self, postfix, check):
        self.postfix, self.check, self.sent = postfix, check, 0

    def send(self, rcpt, count=1):
        ids = [f"<{self.sent + n}@origin.test>" for n in range(count)]
        self.sent += count
        with Client(config.PORT_SUBMIT) as client:
            client.identity("203.0.113.7", helo="friend", login=LOGIN)
            for message_id in ids:
                content = f"Subject: x\nMessage-ID: {message_id}\n\nHello.\n".encode()
                client.send(Message(LOGIN, [rcpt], content))
        return ids

    def wait(self, **wanted):
        """Until so many messages are in the queues."""
        until = time.monotonic() + PATIENCE
        found = None
        while found != wanted and time.monotonic() < until:
            time.sleep(0.1)
            found = dict(collections.Counter(name for name, _ in self.postfix.files().values()))
        self.check.equal(found, wanted, "the queue")

    def wait_delivered(self, count, what):
        """Until so many messages have arrived, each once."""
        until = time.monotonic() + PATIENCE
        found = {}
        while len(found) != count and time.monotonic() < until:
            time.sleep(0.2)
            self.postfix.hurry_skipped()
            with open(RECORD) as file:
                found = collections.Counter(json.loads(line)["message_id"] for line in file)
        self.check.equal((len(found), set(found.values())), (count, {1}), what)


class Answers:
    """What the sink says: it takes everything, but nothing before it may."""

    def __init__(self):
        self.asked, self.may = threading.Event(), threading.Event()

    def __call__(self, stage, sender, rcpt):
        if stage == "data":
            self.asked.set()
            self.may.wait(PATIENCE)


def hold_while_tried(work, mail, answers, what, seen):
    """
    One is in delivery, three wait for it in active: all are held, and brought back. seen:
    whether the processes of Postfix are seen from where we are.
    """
    ids = mail.send("x@ok.example.net", 4)
    mail.wait(active=4)
    work.check.true(answers.asked.wait(PATIENCE), f"{what}: one is being delivered")
    shown = json.loads(work.ask("hold", f"account={LOGIN}", "--json"))
    work.check.equal(shown["in_delivery"], 1 if seen else None, f"{what}: in delivery")
    told = work.act("hold", f"account={LOGIN}")
    counts = {name: count for name, count in told["outcomes"].items() if count}
    work.check.equal(counts, {"delivering": 1, "done": 3} if seen else {"done": 4}, what)
    work.check.equal((told["untold"], told["remembered"]), (0 if seen else 4, 4), what)
    whys = [item["why"] for item in work.items(told["run"]) if item["why"]]
    work.check.equal(len(whys), 0 if seen else 4, f"{what}: what the journal says: {whys}")
    mail.wait(hold=4)
    answers.may.set()
    mail.wait_delivered(1, f"{what}: the one that was in delivery")
    refused = work.act("undo", str(told["run"]), codes=(3,))["outcomes"]["refused"]
    work.check.equal(refused, 4, f"{what}: given back while qmgr remembers it")
    mail.postfix.reload()
    if not seen:
        work.act("undo", str(told["run"]), codes=(3,))
        work.check.true("cannot be seen from here" in work.said, f"{what}: {work.said}")
        return ids
    work.act("undo", str(told["run"]))
    mail.wait_delivered(len(ids), f"{what}: brought back")
    return ids


def test_outside(check):
    """Postfix within, we outside."""
    os.makedirs(QUEUE, exist_ok=True)
    with Contained(queue=INSIDE, default_destination_concurrency_limit="1",
                   initial_destination_concurrency="1", fast_flush_domains="") as postfix, \
            Sink(config.SINK, RECORD, answer=(answers := Answers())):
        postfix.queue = QUEUE
        work, mail = Work(QUEUE, check), Mail(postfix, check)
        spool = json.loads(work.ask("spools", "--json"))
        check.equal((spool["mta"], spool["settings"]), ("running", None), "seen from outside")
        ids = hold_while_tried(work, mail, answers, "outside", True)

        parked = mail.send("x@park.test", 3)
        mail.wait(deferred=3)
        purged = work.act("purge", f"account={LOGIN}")
        mail.wait()
        work.act("undo", str(purged["run"]))
        mail.wait(hold=3)
        # Nothing but being woken has it tried: the queue is scanned once an hour.
        before = len([line for line in postfix.log() if "status=deferred" in line])
        work.act("release", "queue_name=hold")
        mail.wait(deferred=3)
        until = time.monotonic() + PATIENCE
        after = before
        while after < before + len(parked) and time.monotonic() < until:
            time.sleep(0.2)
            postfix.hurry_skipped()
            after = len([line for line in postfix.log() if "status=deferred" in line])
        check.equal(after - before, len(parked), "tried when they were released")
        work.act("purge", f"account={LOGIN}", "--no-undo")
        check.none([line for line in postfix.log() if "panic:" in line or "fatal:" in line],
                   "the log")
    check.note(f"from outside: {len(ids) + len(parked)} messages")


def test_inside(check):
    """Postfix outside, we within a container of our own."""
    with instance.Instance(queue="/lab/spool/plain", default_destination_concurrency_limit="1",
                           initial_destination_concurrency="1",
                           fast_flush_domains="") as postfix, \
            Sink(config.SINK, RECORD, answer=(answers := Answers())):
        open(RECORD, "w").close()
        postfix.reload = lambda: postfix.set(queue_run_delay="4001")
        work, mail = Work(postfix.queue, check, CONTAINER), Mail(postfix, check)
        check.equal(json.loads(work.ask("spools", "--json"))["mta"], "running", "from within")
        ids = hold_while_tried(work, mail, answers, "within", False)
        mail.send("x@park.test", 2)
        mail.wait(hold=4, deferred=2)
        text = work.ask("purge", "rcpt_domain=park.test")
        check.true("IN DELIVERY cannot be told here" in text, f"the preview: {text}")
        work.act("purge", "rcpt_domain=park.test")
        mail.wait(hold=4)
        # Where it runs it can be told: nothing was lost.
        Work(postfix.queue, check).act("release", "queue_name=hold")
        mail.wait_delivered(len(ids), "released where Postfix runs")
    check.note(f"from within: {len(ids) + 2} messages")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options.parse_args()
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    test_outside(check)
    test_inside(check)
    check.finish()


if __name__ == "__main__":
    main()
