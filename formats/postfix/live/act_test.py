"""
Changes the queue of a real Postfix while it works.

More than 100 messages a second arrive, most are delivered at once. Meanwhile the mail
of one hijacked login is purged, brought back, held, released, retried and requeued,
each by a process of its own. At the end everything that is left is let through, and
what the sink took is compared with what the journals say (act_ledger.py).
"""

import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import time

import act_swap
import instance
import tool
from act_ledger import DONE, Ledger
from act_log import check_log
from act_traffic import HIJACKED, KEPT_SUBJECT, Answers, Traffic
from check import Check
from replies import domain_of
from sink import Sink
import config

SPAM = f'account={HIJACKED} and subject != "{KEPT_SUBJECT}"'
PARKED = "rcpt_domain = park.test"
PAUSE = 0.5  # seconds of traffic between two actions
PATIENCE = 120  # seconds


class Rounds:
    def __init__(self, postfix, check, ledger, traffic):
        self.postfix, self.check, self.ledger, self.traffic = postfix, check, ledger, traffic
        self.said = collections.Counter()
        self.runs = 0
        self.seconds = 0

    def act(self, *words):
        """One command, applied: (run, {outcome: queue ids}), or None when nothing matched."""
        time.sleep(PAUSE)
        started = time.monotonic()
        done = subprocess.run([tool.SPOOLSWEEP, "-s", self.postfix.queue, *words, "--apply",
                               "--yes", "--max", "1000000", "--json"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120)
        self.seconds += time.monotonic() - started
        for line in done.stderr.splitlines():
            self.said["".join("N" if c.isdigit() else c for c in line)] += 1
        what = " ".join(words)
        self.check.true(done.returncode in (0, 1, 3), f"{what}: exit {done.returncode}: "
                        f"{done.stderr[-1500:]}")
        if not done.stdout.strip():
            return None
        self.runs += 1
        told = json.loads(done.stdout)
        outcomes = self.ledger.take(told["run"])
        self.check.equal({name: n for name, n in told["outcomes"].items() if n},
                         {name: len(ids) for name, ids in outcomes.items() if ids},
                         f"{what}: what was told and what is in the journal")
        return told["run"], outcomes

    def matching(self, condition):
        out = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "list", "--json", condition,
                       codes=(0, 1))
        return [json.loads(line) for line in out.splitlines()]

    def purge(self):
        """Nothing that was purged may be seen in the queue any more."""
        result = self.act("purge", SPAM)
        if not self.check.true(result, "there is something to purge"):
            return None
        run, outcomes = result
        gone = set().union(*(outcomes[name] for name in DONE))
        self.check.none(sorted(gone & self.postfix.files().keys()), f"purged by {run} and there")
        trash = self.ledger.read_trash()
        self.check.none(sorted(gone - trash.keys()), f"purged by run {run}, not in the trash")
        listed = {message["queue_id"] for message in self.matching(SPAM)}
        self.check.none(sorted(gone & listed), f"purged by run {run} and listed")
        return run

    def round(self, number):
        kept = self.traffic.keep()
        time.sleep(PAUSE)
        run = self.purge()
        stayed = {message["message_id"] for message in self.matching(f"account={HIJACKED}")}
        self.check.true(kept in stayed, f"round {number}: {kept} stays")
        if run:
            (self.bring_back, self.bring_back_part, self.give_up)[number % 3](run)
        self.hold_and_release(number)
        self.act("retry", "account=carol@example.org and queue_name=deferred")
        self.act("requeue", "account=erin@example.net and queue_name=deferred")
        self.check.true(self.traffic.error is None, f"traffic: {self.traffic.error}")

    def bring_back(self, run):
        """All of it, in two parts, to two places."""
        self.act("undo", str(run), PARKED, "--to", "origin")
        self.act("undo", str(run))
        trash = [i for i, path in self.ledger.read_trash().items()
                 if f"/spoolsweep-trash/{run}/" in path]
        self.check.none(trash, f"run {run} was undone, and still in the trash")
        self.act("release", SPAM + " and queue_name=hold")

    def bring_back_part(self, run):
        """A part, which is purged again by an undo of the undo, and brought back at last."""
        back = self.act("undo", str(run), "not " + PARKED)
        again = back and self.act("undo", str(back[0]))
        if again:
            self.act("undo", str(again[0]), "--to", "origin")

    def give_up(self, run):
        self.ledger.note_trash()
        tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "expunge", "--now", str(run),
                 "--apply", "--yes")

    def hold_and_release(self, number):
        held = self.act("hold", SPAM)
        self.act("hold", "sender=alice@lab.test")
        if held and number % 2:
            self.act("undo", str(held[0]), PARKED)
        self.act("release", "sender=alice@lab.test and queue_name=hold")
        released = self.act("release", SPAM + " and queue_name=hold")
        if released and number % 2 == 0:
            back = self.act("undo", str(released[0]))
            if back:
                self.act("undo", str(back[0]))


def delivered(path):
    with open(path) as file:
        taken = [json.loads(line) for line in file]
    return collections.Counter((mail["message_id"], rcpt)
                               for mail in taken for rcpt in mail["recipients"])


def share(mails, taken):
    """What part of the mail of everybody else, that nobody refuses, was delivered already."""
    rcpts = [(message_id, rcpt) for message_id, mail in mails.items()
             if mail.accepted and mail.account != HIJACKED
             for rcpt in mail.rcpts if domain_of(rcpt).startswith(("ok.", "slow."))]
    return sum(key in taken for key in rcpts) / max(len(rcpts), 1)


PARTLY = 3


def release_all(postfix):
    """The exit code: PARTLY while Postfix may remember some of it."""
    return subprocess.run([tool.SPOOLSWEEP, "-s", postfix.queue, "release", "queue_name=hold",
                           "--apply", "--yes", "--max", "1000000"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def let_through(postfix, answers, check):
    """Everything that is left goes to the sink; True when the queue got empty."""
    answers.open()
    postfix.set(defer_transports="", transport_maps="")
    # That was a reload: as soon as the new qmgr runs, nothing is remembered any more.
    until = time.monotonic() + PATIENCE
    while release_all(postfix) == PARTLY and time.monotonic() < until:
        postfix.flush()
        time.sleep(1)
    until = time.monotonic() + PATIENCE
    while postfix.files() and time.monotonic() < until:
        postfix.flush()
        postfix.hurry_skipped()
        time.sleep(2)
    return check.none(sorted(postfix.files().items())[:20], "still in the queue")


def check_tree(postfix, check):
    """Nothing of ours is where Postfix would take it for mail, and Postfix finds nothing odd."""
    left = [os.path.join(folder, name)
            for queue in ("maildrop", "incoming", "active", "deferred", "hold", "corrupt",
                          "defer", "bounce", "trace")
            for folder, _, names in os.walk(os.path.join(postfix.queue, queue))
            for name in names]
    check.none(left, "left in the queue")
    lines, warnings = postfix.list_lines()
    check.equal((lines, warnings), ([], []), "postqueue -j of an empty queue")
    for command in (["postqueue", "-p"], ["postsuper", "-s", "-p"], ["postfix", "check"]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)
        said = done.stdout.replace("Mail queue is empty\n", "")
        check.equal((done.returncode, said), (0, ""), " ".join(command))


def test(long_ids, rounds, check):
    name = "long" if long_ids == "yes" else "short"
    random.seed(name)
    record, mails, answers = f"/lab/delivered-{name}", {}, Answers()
    with instance.Instance(queue=f"/lab/spool/act-{name}", enable_long_queue_ids=long_ids,
                           minimal_backoff_time="2s", maximal_backoff_time="30s",
                           queue_run_delay="2s", delay_warning_time="3s",
                           default_destination_concurrency_limit="50",
                           defer_transports="park", transport_retry_time="5s",
                           fast_flush_domains="") as postfix, \
            Sink(config.SINK, record, answer=answers):
        check.note(f"Postfix {postfix.version()}, {tool.version()}, long ids: {long_ids}")
        with Traffic(mails, name) as traffic:
            ledger = Ledger(postfix, check, mails)
            work = Rounds(postfix, check, ledger, traffic)
            started = time.monotonic()
            for number in range(rounds):
                work.round(number)
            rate = len(mails) / (time.monotonic() - started)
        check.true(traffic.error is None, f"traffic: {traffic.error}")
        mean = work.seconds / max(work.runs, 1)
        check.note(f"{rounds} rounds, {work.runs} runs of {mean:.2f} s, {rate:.0f} messages a "
                   f"second arriving; {share(mails, delivered(record)):.1%} of the others' mail "
                   "was delivered by then")
        let_through(postfix, answers, check)
        ledger.compare(delivered(record))
        for (op, outcome, why), count in sorted(ledger.outcomes.items(), key=str):
            check.note(f"{op} {outcome}: {count}{', ' + why if why else ''}")
        for line, count in work.said.most_common():
            check.note(f"said {count} times: {line}")
        check_tree(postfix, check)
        check_log(postfix.log(), check)
        shutil.copy(config.LOG, f"/lab/maillog-{name}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    long = options.parse_args().long
    rounds = 25 if long else 0
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    test("no", rounds or 2, check)
    test("yes", rounds or 1, check)
    act_swap.test(check, long)
    check.finish()


if __name__ == "__main__":
    main()
