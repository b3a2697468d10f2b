"""
Scans the queue of a real Postfix while it works: about 100 messages a second
arrive, nearly all are deferred, tried again within seconds, and deferred again.

Which messages were there from the start to the end of a scan is found without
spoolsweep, by reading the folders before and after it. Each has to appear in
`spoolsweep list --json` exactly once, whatever queues it went through meanwhile.
"""

import argparse
import collections
import random
import threading
import time

import config
import instance
import tool
from check import Check
from inject import Injector, inject
from replies import REPLIES, TEMPORARY
from sink import Sink
from smtp import Client, Pace

CLIENTS = 4
RATE = 100  # messages a second, all clients together
SCANS = 20
DELIVERED = 0.05  # of all attempts


class Arrivals:
    """Clients that submit without a pause until stop(); the first error is kept."""

    def __init__(self):
        self.over = threading.Event()
        self.count = 0
        self.error = None
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def _work(self, number):
        injector, pace = Injector(number), Pace(RATE / CLIENTS)
        try:
            with Client(config.PORT_SUBMIT) as client:
                while not self.over.is_set():
                    pace.wait()
                    origin, message, _ = injector.kind_lan()
                    message.recipients = injector.rcpts(1, *TEMPORARY)
                    injector.smtp(client, origin, message)
                    self.count += 1
                    if number == 0 and self.count % 50 == 0:
                        injector.local("alice")
        except Exception as error:  # noqa: BLE001 (the test reports it)
            self.error = error


def flaky(stage, sender, rcpt):
    """The sink's answers: mostly one of the temporary ones, another at each attempt."""
    if stage != "rcpt" or random.random() < DELIVERED:
        return None
    _, text = REPLIES[random.choice(TEMPORARY)]
    return text.format(rcpt=rcpt, sender=sender, domain="example.net")


def scan(postfix, check, number):
    """
    One scan: how many messages were there all the time, how many of them moved, how many
    others left, and how long it took.
    """
    before, started = postfix.files(), time.monotonic()
    listed = tool.list_messages(postfix.queue)
    took, after = time.monotonic() - started, postfix.files()
    seen = collections.Counter(message["queue_id"] for message in listed)
    stayed = [i for i in before.keys() & after.keys() if before[i][1] == after[i][1]]
    check.none([f"{i} was there ({before[i][0]}, then {after[i][0]}) and is missing"
                for i in stayed if seen[i] == 0], f"scan {number}")
    check.none([f"{i} appears {times} times" for i, times in seen.items() if times > 1],
               f"scan {number}")
    place = {message["queue_id"]: message["queue_name"] for message in listed}
    moved = sum(1 for i in stayed
                if len({before[i][0], after[i][0], place.get(i, before[i][0])}) > 1)
    return len(stayed), moved, len(before.keys() - after.keys()), took


def test(long_ids, preload, check):
    random.seed(7)
    with instance.Instance(queue=f"/lab/spool/long-ids-{long_ids}",
                           enable_long_queue_ids=long_ids,
                           minimal_backoff_time="2s", maximal_backoff_time="3s",
                           queue_run_delay="1s", smtp_destination_concurrency_limit="10",
                           fast_flush_domains="") as postfix, \
            Sink(config.SINK, "/lab/delivered", answer=flaky):
        check.note(f"Postfix {postfix.version()}, {tool.version()}, long ids: {long_ids}")
        injector = Injector(99)
        inject(injector, [injector.kind_auth_deferred() for _ in range(preload)])
        totals = []
        with Arrivals() as arrivals:
            started = time.monotonic()
            for number in range(SCANS):
                time.sleep(0.4)
                totals.append(scan(postfix, check, number))
            rate = arrivals.count / (time.monotonic() - started)
        stayed, moved, left, seconds = map(sum, zip(*totals))
        check.true(arrivals.error is None, f"arrivals: {arrivals.error}")
        # Without movement this test would prove nothing.
        check.true(moved > SCANS, f"only {moved} messages moved during the scans")
        check.note(f"{SCANS} scans of {seconds / SCANS:.2f} s, {rate:.0f} messages a second "
                   f"arriving: {stayed} times a message was there all the time, {moved} times "
                   f"it moved; {left} left")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    check = Check()
    if options.parse_args().long:
        test("no", 5000, check)
        test("yes", 5000, check)
    else:
        test("no", 1000, check)
    check.finish()


if __name__ == "__main__":
    main()
