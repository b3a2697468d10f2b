"""
What should have become of each message, from the journals, and whether it did.

Messages are told apart by Message-ID, which a requeue keeps and an id that is given
out again does not. Which queue id had which Message-ID is in the mail log.
"""

import collections
import json
import os
import re
import time

import tool
from config import LOG

DONE = ("done", "delivering", "untidy")
FATES = {"purge": "trash", "hold": "hold", "release": "queue", "retry": "queue",
         "requeue": "queue", "restore": "queue"}
MESSAGE_ID = re.compile(r"cleanup\[\d+\]: (\w+): message-id=(<\S+>)")
BOUNCE = re.compile(r"bounce\[\d+\]: (\w+): sender non-delivery notification")
PATIENCE = 10  # seconds
FOLDERS = ("maildrop", "incoming", "active", "deferred", "hold")


def records(path):
    """(type, data) of each record of a queue file (global/record.c)."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        kind, at, length, shift = data[at:at + 1], at + 1, 0, 0
        while True:
            byte, at = data[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, data[at:at + length]
        at += length


def pending(path):
    """The recipients of a queue file that nobody has served."""
    return {data.decode() for kind, data in records(path) if kind == b"R"}


class Ledger:
    def __init__(self, postfix, check, mails):
        self.postfix = postfix
        self.check = check
        self.mails = mails
        self.names = {}  # {queue id: Message-ID}, the newest
        self.fate = {}  # {Message-ID: "trash", "hold" or "queue"}, of what was acted on
        self.loose = set()  # marked as being delivered
        self.waiting = {}  # {Message-ID: recipients that wait}, of what was expunged
        self.outcomes = collections.Counter()
        self.bounced = collections.Counter()  # Message-IDs, by notification
        self._place = 0

    def read_log(self):
        with open(LOG, errors="replace") as file:
            file.seek(self._place)
            while (line := file.readline()).endswith("\n"):
                self._place = file.tell()
                if found := MESSAGE_ID.search(line):
                    self.names[found[1]] = found[2]
                elif found := BOUNCE.search(line):
                    self.bounced[self.names.get(found[1])] += 1

    def name_of(self, queue_id):
        """Its Message-ID: on a busy machine the log comes a moment behind the queue."""
        until = time.monotonic() + PATIENCE
        while queue_id not in self.names and time.monotonic() < until:
            time.sleep(0.05)
            self.read_log()
        return self.names.get(queue_id)

    def take(self, run):
        """Books what the journal of a run says. {outcome: queue ids}."""
        text = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "journal", str(run), "--json")
        journal = json.loads(text)
        op, by_outcome = journal["op"], collections.defaultdict(set)
        fate = FATES[op]
        if op == "restore" and " --to origin" not in journal["command"]:
            fate = "hold" if not journal["undoes"] else self._goal(journal)
        self.read_log()
        self.check.true(journal["complete"], f"run {run} came to its end")
        for item in journal["items"]:
            outcome, queue_id = item["outcome"], item["queue_id"]
            by_outcome[outcome].add(queue_id)
            self.outcomes[op, outcome, item["why"]] += 1
            if outcome not in DONE:
                continue
            message_id = self.name_of(queue_id)
            if not self.check.true(message_id, f"run {run}: {queue_id} is in the mail log"):
                continue
            self.fate[message_id] = fate
            if outcome == "delivering":
                self.loose.add(message_id)
        self.check.none([f"{i} has no outcome" for i in by_outcome[None]], f"run {run}")
        return by_outcome

    def _goal(self, journal):
        """Where an undo that named no goal put its messages."""
        text = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "journal",
                        str(journal["undoes"]), "--json")
        return "hold" if json.loads(text)["op"] == "purge" else "queue"

    def read_trash(self):
        """{queue id: path} of the messages in the trash."""
        found = {}
        for folder, _, names in os.walk(os.path.join(self.postfix.queue, "spoolsweep-trash")):
            parts = os.path.relpath(folder, self.postfix.queue).split("/")
            if len(parts) > 2 and parts[2] in FOLDERS:
                found.update((name, os.path.join(folder, name)) for name in names)
        return found

    def note_trash(self):
        """To be called before an expunge, and at the end."""
        for queue_id, path in self.read_trash().items():
            self.waiting[self.names.get(queue_id)] = pending(path)

    def compare(self, delivered):
        """delivered: {(Message-ID, recipient): times}, what the sink took."""
        self.postfix.log()  # All of it is there.
        self.read_log()
        self.note_trash()
        twice, late = 0, 0
        for message_id, mail in self.mails.items():
            if not mail.accepted:
                continue
            loose = message_id in self.loose
            away = self.fate.get(message_id) == "trash"
            for rcpt in mail.rcpts:
                times = delivered[message_id, rcpt]
                what = f"{message_id} to {rcpt}, {self.fate.get(message_id, 'not acted on')}"
                if away:
                    self._compare_purged(message_id, rcpt, times, what)
                    late += bool(loose and times)
                elif mail.rejected:
                    self.check.equal(times, 0, what)
                elif loose:
                    self.check.true(times in (1, 2), f"{what}, being delivered: {times} times")
                    twice += times > 1
                else:
                    self.check.equal(times, 1, what)
        self._compare_bounces()
        fates = collections.Counter(self.fate.values())
        self.check.note(f"{len(self.mails)} messages; acted on: {dict(fates)}; marked delivering: "
                        f"{len(self.loose)}, of these purged and at the sink {late}, twice {twice}")

    def _compare_purged(self, message_id, rcpt, times, what):
        waiting = self.waiting.get(message_id)
        if not self.check.true(waiting is not None, f"{what}: is in the trash"):
            return
        loose = message_id in self.loose
        if loose:
            self.check.true(times <= 1, f"{what}, being delivered: {times} times")
        elif len(self.mails[message_id].rcpts) == 1:
            self.check.equal(times, 0, f"{what} (waits: {rcpt in waiting})")
        else:
            # Some had it before the purge.
            self.check.equal(times, 0 if rcpt in waiting else 1, what)

    def _compare_bounces(self):
        sent = 0
        for message_id, mail in self.mails.items():
            if self.fate.get(message_id) == "trash":
                sent += self.bounced[message_id]
            elif mail.accepted and mail.rejected:
                self.check.true(self.bounced[message_id] >= 1, f"{message_id} was returned")
        self.check.note(f"bounces sent for mail that was purged for good: {sent}")
