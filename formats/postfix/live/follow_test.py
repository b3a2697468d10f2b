"""
What happens behind a run: mail that still arrives is followed, each message is named in the
system log as postsuper(1) does it, and logs that Postfix writes later are swept.
"""

import argparse
import json
import os
import re
import subprocess
import threading
import time

import config
import instance
import tool
from check import Check
from devlog import DevLog
from sink import Sink
from smtp import Client, Message, Pace, queued_as

HIJACKED = "bob@example.com"
OTHER = "carol@example.org"
SPAM = f'account={HIJACKED} and subject != "Invoice 4711"'
RECORD = "/lab/delivered-follow"
QUEUE = "/lab/spool/follow"
RATE = 60  # messages a second
PATIENCE = 30  # seconds
BUSY = 75
TARPIT_SECONDS = 8  # longer than a run waits for deliveries to end
TOLD = re.compile(r"postsuper\[\d+\]: (\w+): (.*)")


def answer(stage, sender, rcpt):
    if stage == "data" and rcpt.endswith("@tarpit.example.net"):
        time.sleep(TARPIT_SECONDS)
        return "451 4.3.2 Please try again later"
    return None


def spoolsweep(*words, codes=(0,)):
    return tool.run(tool.SPOOLSWEEP, "-s", QUEUE, *words, codes=codes).decode()


def act(*words, codes=(0,)):
    """Once more while another run is at work: the one that is followed is, for a moment a look."""
    command = [tool.SPOOLSWEEP, "-s", QUEUE, *words, "--apply", "--yes", "--max", "1000000"]
    until = time.monotonic() + PATIENCE
    code = BUSY
    while code == BUSY and time.monotonic() < until:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        code = done.returncode
    if code not in codes:
        raise tool.Failed(f"{command}: exit {code}: {done.stderr}")
    return done.stdout


def newest_run():
    return json.loads(spoolsweep("journal", "--json").splitlines()[0])["run"]


def read_run(number):
    return json.loads(spoolsweep("journal", str(number), "--json"))


def in_trash(run):
    """{queue id: path} of the messages in the trash of a run."""
    found = {}
    for folder, _, names in os.walk(os.path.join(QUEUE, "spoolsweep-trash", str(run))):
        parts = os.path.relpath(folder, QUEUE).split("/")
        if len(parts) > 2 and parts[2] in ("incoming", "active", "deferred", "hold", "maildrop"):
            found.update((name, os.path.join(folder, name)) for name in names)
    return found


def send(client, login, rcpt, subject="You won"):
    """The queue id of a new message."""
    client.identity("203.0.113.7", helo="friend", login=login)
    content = f"Subject: {subject}\nMessage-ID: <{time.monotonic_ns()}@origin.test>\n\nHello.\n"
    return queued_as(client.send(Message(login, [rcpt], content.encode())))


def logs_of(queue_id):
    """The logs that Postfix keeps for a message."""
    return [os.path.join(folder, name)
            for kind in ("defer", "bounce", "trace")
            for folder, _, names in os.walk(os.path.join(QUEUE, kind))
            for name in names if name == queue_id]


def wait_for(condition, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)
    return condition()


class Source(threading.Thread):
    """Both logins send, to a destination that takes nothing now, until `over` is set."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.ids = {HIJACKED: [], OTHER: []}
        self.error = None

    def run(self):
        pace = Pace(RATE)
        try:
            with Client(config.PORT_SUBMIT) as client:
                while not self.over.is_set():
                    for login, ids in self.ids.items():
                        pace.wait()
                        ids.append(send(client, login, "x@park.test"))
        except Exception as error:  # noqa: BLE001 (the test reports it)
            self.error = error


class Site:
    def __init__(self, postfix, check, devlog):
        self.postfix, self.check, self.devlog = postfix, check, devlog

    def follow(self, seconds):
        """The mail of the login, and no other, ends in the trash of one run; one undo is enough."""
        source = Source()
        with Client(config.PORT_SUBMIT) as client:
            kept = send(client, HIJACKED, "x@park.test", "Invoice 4711")
        source.start()
        time.sleep(1)
        process = subprocess.Popen(
            [tool.SPOOLSWEEP, "-s", QUEUE, "purge", SPAM, "--apply", "--yes", "--max", "100000",
             "--follow", f"{seconds}s", "--json", "--log-messages", "never"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(seconds / 2)
        # Another run goes in between, and what it brings back stays.
        lent = json.loads(act("hold", f"account={OTHER} and queue_name=deferred", "--json",
                              "--log-messages", "never", codes=(0, 3)))
        source.over.set()
        source.join(PATIENCE)
        said, warned = process.communicate(timeout=seconds + PATIENCE)
        self.check.true(source.error is None, f"source: {source.error}")
        self.check.true(process.returncode in (0, 3), f"exit {process.returncode}: {warned}")

        looks = [json.loads(line) for line in said.splitlines()]
        run = looks[0]["run"]
        self.check.true(len(looks) > 2, f"{len(looks)} looks found something")
        self.check.equal({look["run"] for look in looks}, {run}, "all looks are one run")
        journal = read_run(run)
        self.check.true(journal["complete"] and not journal["running"], "the run has ended")
        self.check.equal(journal["outcomes"]["done"] + journal["outcomes"]["delivering"],
                         looks[-1]["total"], "what was told and what is in the journal")
        spam, others = set(source.ids[HIJACKED]), set(source.ids[OTHER])
        trash, files = in_trash(run), self.postfix.files()
        self.check.none(sorted(spam - trash.keys()), "of the login, and not in the trash")
        self.check.none(sorted(trash.keys() - spam), "in the trash, and not of the login")
        self.check.none(sorted((others | {kept}) - files.keys()), "of others, and not in the queue")
        self.check.note(f"followed for {seconds} s: {len(looks)} looks found {len(spam)} of "
                        f"{len(spam) + len(others)} messages; {lent['outcomes']['done']} of "
                        "others were held in between")

        back = json.loads(act("undo", str(run), "--json", "--log-messages", "never"))
        self.check.equal(back["outcomes"]["done"], len(spam), "one undo brings back all of it")
        files = self.postfix.files()
        self.check.none(sorted(spam - files.keys()), "brought back, and not in the queue")
        self.check.equal(in_trash(run), {}, "left in the trash")

    def leave_what_was_brought_back(self):
        with Client(config.PORT_SUBMIT) as client:
            mine = send(client, HIJACKED, "x@park.test")
        wait_for(lambda: self.postfix.files().get(mine, ("",))[0] == "deferred")
        act("purge", SPAM, "--log-messages", "never", codes=(0, 3))
        first = newest_run()
        process = subprocess.Popen(
            [tool.SPOOLSWEEP, "-s", QUEUE, "purge", SPAM, "--apply", "--yes", "--max", "100",
             "--follow", "6s", "--log-messages", "never"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "following" in line:
                break
        act("undo", str(first), "--log-messages", "never")
        with Client(config.PORT_SUBMIT) as client:
            late = send(client, HIJACKED, "x@park.test")
        said, _ = process.communicate(timeout=PATIENCE)
        files = self.postfix.files()
        self.check.equal(files.get(mine, ("",))[0], "hold", "brought back meanwhile")
        self.check.true(late not in files, f"arrived meanwhile, and taken: {said}")
        self.check.equal(process.returncode, 0, "exit")

    def say_it_in_its_words(self):
        """Each message in the system log, word for word as postsuper(1) logs it."""
        operations = [("-h", "hold"), ("-H", "release"), ("-r", "requeue"), ("-d", "purge")]
        for option, op in operations:
            with Client(config.PORT_SUBMIT) as client:
                theirs, ours = (send(client, HIJACKED, "x@park.test") for _ in range(2))
            wait_for(lambda: all(self.postfix.files().get(i, ("",))[0] == "deferred"
                                 for i in (theirs, ours)))
            if option == "-H":
                self.postfix.postsuper("-h", [theirs, ours])
            self.postfix.postsuper(option, [theirs])
            before = len(self.devlog.of("spoolsweep"))
            act(op, f"queue_id={ours}")
            told = {found[1]: found[2] for found in map(TOLD.search, self.postfix.log())
                    if found}.get(theirs)
            lines = self.devlog.of("spoolsweep")[before:]
            self.check.true(told, f"postsuper {option} tells of {theirs}")
            self.check.equal(lines[1:], [f"{ours}: {told}"], f"{op} and postsuper {option}")
            self.check.true(lines[0].startswith(f"run {newest_run()}: {op}, 1 of 1 messages, uid "),
                            f"the line of the run: {lines[0]}")
            self.check.note(f"postsuper {option} and {op}: {told}")
        # Facility mail; the run is a notice, its messages are information, as postsuper's are.
        priorities = {line[0] for line in self.devlog.lines if line[1] == "spoolsweep"}
        self.check.equal(priorities, {2 << 3 | 5, 2 << 3 | 6}, "facility and priority")

    def count_lines(self):
        """Never, always, and of what was not done none."""
        for when, wanted in (("never", 0), ("auto", 40), ("always", 40)):
            with Client(config.PORT_SUBMIT) as client:
                ids = {send(client, HIJACKED, "x@park.test") for _ in range(40)}
            self.postfix.wait_rest(PATIENCE)
            before = len(self.devlog.of("spoolsweep"))
            act("purge", SPAM, "--log-messages", when)
            lines = self.devlog.of("spoolsweep")[before + 1:]
            mine = {line.split(":")[0] for line in lines} & ids
            self.check.equal(len(mine), wanted, f"--log-messages {when}")

    def sweep_late_logs(self):
        """An agent that has the message writes its log when the run is over; expunge removes it."""
        with Client(config.PORT_SUBMIT) as client:
            other = send(client, OTHER, "x@park.test")
            mine = send(client, HIJACKED, "x@tarpit.example.net")
        wait_for(lambda: logs_of(other))
        self.check.true(wait_for(lambda: self.in_delivery(mine)), "it is being delivered")
        said = act("purge", SPAM, "--log-messages", "never")
        run = newest_run()
        self.check.true("when the run is expunged" in said, f"the debt is told: {said}")
        self.check.true(mine in in_trash(run), "it is in the trash")
        self.check.true(wait_for(lambda: logs_of(mine)), "its log was written after the run")
        expunged = spoolsweep("expunge", "--now", str(run), "--apply", "--yes")
        self.check.equal(logs_of(mine), [], "its log after expunge")
        self.check.true(logs_of(other), "the log of a message that is in the queue")
        self.check.true("written later" in expunged, f"expunge says so: {expunged}")
        self.check.note("a log that was written after the run went with it: " +
                        expunged.splitlines()[-1].strip())

    def in_delivery(self, queue_id):
        """Whether an agent has the message open."""
        inode = self.postfix.files().get(queue_id, ("", 0))[1]
        with open("/proc/locks", "rb") as file:
            return any(b":%d " % inode in line and b"READ" in line for line in file)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    long = options.parse_args().long
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    with DevLog() as devlog, \
            instance.Instance(queue=QUEUE, enable_long_queue_ids="no",
                              fast_flush_domains="") as postfix, \
            Sink(config.SINK, RECORD, answer=answer):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        site = Site(postfix, check, devlog)
        site.say_it_in_its_words()
        site.count_lines()
        site.sweep_late_logs()
        site.follow(60 if long else 14)
        site.leave_what_was_brought_back()
    check.finish()


if __name__ == "__main__":
    main()
