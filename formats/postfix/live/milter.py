"""
The milter of the lab: milter.c on libmilter, built anew, and what it can be asked for.

A message asks for its edits itself, by X-Milter fields (see milter.c): wish() writes one.
"""

import os
import subprocess
import time
from urllib.parse import quote

import config

PROGRAM = "/lab/milter"
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "milter.c")
LONG_NAME = "a-name-that-is-much-longer-than-the-one-before-it"


def wish(edit, *words):
    """The header field that asks for one edit; words are text, numbers or bytes."""
    words = [word if isinstance(word, bytes) else str(word) for word in words]
    return " ".join(["X-Milter:", edit, *[quote(word, safe="@<>=;:+") for word in words]])


def usual(rcpts):
    """{what: the fields} of the edits that most milters make; the message needs X-Delete-Me."""
    return {
        "sender": [wish("sender", f"<{LONG_NAME}@changed.test>")],
        "add-rcpt": [wish("add-rcpt", f"<{name}@added.park.test>")
                     for name in ("first", "second")],
        "del-rcpt": [wish("delete-rcpt", f"<{rcpts[0]}>")],
        "add-header": [wish("add-header", "X-Added", "at the end, by the milter")],
        "insert-header": [wish("insert-header", 0, "X-Inserted", "at the top, by the milter")],
        "change-header": [wish("change-header", 1, "Subject", "a subject the milter wrote")],
        "delete-header": [wish("delete-header", 1, "X-Delete-Me")],
        "body": [wish("body", 40, "a line the milter wrote\r\n")],
        "quarantine": [wish("quarantine", "the milter wants it held")],
    }


class Milter:
    """Answers from the constructor on; use as a context manager to stop it."""

    def __init__(self):
        subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-O1", "-g", "-o", PROGRAM, SOURCE,
                        "-lmilter", "-lpthread"], check=True, timeout=60)
        path = config.MILTER.partition(":")[2]
        self._process = subprocess.Popen([PROGRAM, config.MILTER], stdin=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not os.path.exists(path):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the milter does not start")
            time.sleep(0.02)
        os.chmod(path, 0o666)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
