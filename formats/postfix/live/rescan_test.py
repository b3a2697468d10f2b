"""
A report that begins with what the last one read says what a report without it says.

Mail comes and goes, is deferred, held, released, requeued and expired while nobody looks. Then
all of Postfix is stopped in its tracks for two reports, with and without the cache: nothing but the
seconds they took may differ.
"""

import argparse
import glob
import json
import os
import random
import signal
import subprocess
import threading
import time

import config
import instance
import tool
from check import Check
from sink import Sink
from smtp import Client, Message, Pace, queued_as

QUEUE = "/lab/spool/rescan"
STATE = "/lab/rescan-state"
RECORD = "/lab/delivered-rescan"
LOGINS = ["bob@example.com", "carol@example.org"]
DOMAINS = ["park.test", "temporary.example.net", "ok.example.org"]
RATE = 25  # messages a second
COMMANDS = [["report"], ["top", "envelope_sender", "-n", "0"], ["top", "reason", "-n", "0"]]


def answer(stage, sender, rcpt):
    if stage == "rcpt" and "temporary" in rcpt:
        return f"451 4.3.2 <{rcpt}> greylisted, try later"
    return None


class Source(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.ids, self.error = [], None

    def run(self):
        pace, draw = Pace(RATE), random.Random(1)
        try:
            with Client(config.PORT_SUBMIT) as client:
                while not self.over.is_set():
                    pace.wait()
                    login = draw.choice(LOGINS)
                    client.identity("203.0.113.7", helo="friend", login=login)
                    rcpts = [f"u{draw.getrandbits(30):x}@{draw.choice(DOMAINS)}"
                             for _ in range(draw.randint(1, 3))]
                    content = f"Subject: {draw.random()}\n\nHello.\n"
                    self.ids.append(queued_as(client.send(Message(login, rcpts, content.encode()))))
        except Exception as error:  # noqa: BLE001 (the test reports it)
            self.error = error


class Still:
    """Nothing of Postfix moves inside."""

    def __enter__(self):
        self.daemons = instance._daemons()
        for pid in self.daemons:
            self._send(pid, signal.SIGSTOP)
        time.sleep(0.1)

    def __exit__(self, *_):
        for pid in self.daemons:
            self._send(pid, signal.SIGCONT)

    @staticmethod
    def _send(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def read(words, *more):
    """What a command prints, without how long it took, and what it says besides."""
    now = read.now
    done = subprocess.run([tool.SPOOLSWEEP, "-s", QUEUE, *words, "--json", "--as-of", str(now), *more],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          env={**os.environ, "SPOOLSWEEP_STATE": STATE})
    lines = [line for line in done.stdout.splitlines() if '"seconds": ' not in line]
    return done.returncode, lines, done.stderr


def stir(postfix, draw, ids):
    """What admins and the queue manager do to a queue."""
    some = draw.sample(ids, min(len(ids), 15))
    for option, count in (("-h", 15), ("-H", 10), ("-r", 4), ("-d", 4), ("-e", 3)):
        if draw.random() < 0.6:
            postfix.postsuper(option, some[:count])
    if draw.random() < 0.7:
        postfix.flush()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options = options.parse_args()
    check, draw, source = Check(), random.Random(7), Source()
    rounds = 60 if options.long else 8
    messages = 0
    with Sink(config.SINK, RECORD, answer=answer), \
            instance.Instance(queue=QUEUE, minimal_backoff_time="5", queue_run_delay="5") as postfix:
        source.start()
        for _ in range(rounds):
            time.sleep(2.5)  # what is younger than two seconds is read in any case
            stir(postfix, draw, list(source.ids))
            read.now = int(time.time())
            with Still():
                for words in COMMANDS:
                    plain, cached = read(words), read(words, "--cache")
                    check.equal(cached, plain, f"{' '.join(words)} --cache")
                    check.true(plain[0] == 0, f"{' '.join(words)}: exit {plain[0]}")
                messages = max(messages, json.loads("\n".join(read(["top", "state"])[1]))["messages"])
        source.over.set()
        source.join(30)
        check.true(source.error is None, f"source: {source.error}")
    kept = glob.glob(f"{STATE}/*/cache/*.cache")
    check.equal(len(kept), len(COMMANDS), "a cache for each command")
    check.true(messages > 50, f"{messages} messages at most")
    check.note(f"{rounds} rounds, up to {messages} messages, {len(source.ids)} sent")
    check.finish()


if __name__ == "__main__":
    main()
