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


class Log:
    """Counts the deliveries in the server's log, each time from where it stopped."""

    def __init__(self):
        self.file = open(config.LOG, "rb")

    def new(self):
        return sum(b"status=sent" in line for line in self.file)

    def rate(self):
        """Deliveries a second within one window."""
        time.sleep(SETTLE)
        self.new()
        begin = time.monotonic()
        time.sleep(WINDOW)
        return self.new() / (time.monotonic() - begin)


def _alternate(log, command):
    """One pair of windows after the other, the order alternated."""
    alone, beside, scans = [], [], 0
    for number in range(PAIRS):
        for scanning in ((False, True) if number % 2 == 0 else (True, False)):
            if not scanning:
                alone.append(log.rate())
                continue
            with Scans(command) as running:
                beside.append(log.rate())
            scans += running.count
    return Rate(statistics.median(alone), statistics.median(beside), scans)


def _start(*command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def measure(command, queue):
    """Runs the server on a queue folder of its own, which is removed again."""
    shutil.rmtree(queue, ignore_errors=True)
    with instance.Instance(queue=queue):
        sink = _start("smtp-sink", "-u", "postfix", f"127.0.0.1:{config.SINK}", "200")
        source = _start("smtp-source", "-d", "-s", SESSIONS, "-m", "10000000", "-l", "4000",
                        "-f", "load@example.com", "-t", "rcpt@dest.test",
                        f"127.0.0.1:{config.PORT_SUBMIT}")
        log = Log()
        try:
            log.rate()  # Until the first daemons have started.
            rate = _alternate(log, command)
            if sink.poll() is not None or source.poll() is not None:
                raise RuntimeError("smtp-sink or smtp-source ended before the measurement did")
        finally:
            for process in (source, sink):
                process.kill()
                process.wait()
    shutil.rmtree(queue, ignore_errors=True)
    return rate
