"""
What a scan costs a mail server that is busy.

A real Postfix takes mail from smtp-source as fast as it can and delivers it to
smtp-sink, both of its own package, over loopback. Meanwhile `report` reads a big
queue on the same disk over and over, in every other window of time.
"""

import os
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

import config
import instance

WINDOW = 3.0
SETTLE = 1.0
PAIRS = 10
SESSIONS = "20"


@dataclass
class Rate:
    """Deliveries a second, medians of windows, and how often the command was started."""

    alone: float
    beside: float
    scans: int


class Scans:
    """Runs a command again and again until the block ends."""

    def __init__(self, command):
        self.command = command
        self.count = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.over.is_set():
            scan = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while scan.poll() is None and not self.over.is_set():
                time.sleep(0.01)
            if scan.returncode is None:
                scan.terminate()
                scan.wait()
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def _delivered():
    with open(config.LOG, "rb") as file:
        return sum(b"status=sent" in line for line in file)


def _rate():
    """Deliveries a second within one window."""
    time.sleep(SETTLE)
    before, begin = _delivered(), time.monotonic()
    time.sleep(WINDOW)
    after, end = _delivered(), time.monotonic()
    return (after - before) / (end - begin)


def _alternate(command):
    """One pair of windows after the other, the order alternated."""
    alone, beside, scans = [], [], 0
    for number in range(PAIRS):
        for scanning in ((False, True) if number % 2 == 0 else (True, False)):
            if not scanning:
                alone.append(_rate())
                continue
            with Scans(command) as running:
                beside.append(_rate())
            scans += running.count
    return Rate(statistics.median(alone), statistics.median(beside), scans)


def measure(command, queue):
    """Runs the server on a queue folder of its own, which is removed again."""
    shutil.rmtree(queue, ignore_errors=True)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
             "stderr": subprocess.DEVNULL}
    with instance.Instance(queue=queue):
        sink = subprocess.Popen(["smtp-sink", "-u", "postfix", f"127.0.0.1:{config.SINK}", "200"],
                                **quiet)
        source = subprocess.Popen(
            ["smtp-source", "-d", "-s", SESSIONS, "-m", "10000000", "-l", "4000",
             "-f", "load@example.com", "-t", "rcpt@dest.test",
             f"127.0.0.1:{config.PORT_SUBMIT}"], **quiet)
        try:
            _rate()  # Until the first daemons have started.
            rate = _alternate(command)
        finally:
            for process in (source, sink):
                process.kill()
                process.wait()
    shutil.rmtree(queue, ignore_errors=True)
    return rate
