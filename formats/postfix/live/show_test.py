"""
Shows messages that a real Postfix took: the parts are those that were sent, by size
and SHA-256, with and without root; and the time line is what Postfix will do.

`show --part N` has to give the bytes back that went in; `created`, `last_attempt`,
`next_retry` and `expires` have to fit the clock and main.cf.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import time

import config
import instance
import tool
from check import Check
from inject import Injector, inject
from replies import TEMPORARY
from sink import Sink
from smtp import Message

LIFETIME_DAYS = 3
TEXT = "Привет, мир.\n"
HTML = '<p>Konto <a href="http://203.0.113.9/">https://bank.example.com/</a></p>\n'


def wrapped(data):
    return base64.encodebytes(data).decode()


def letter(injector, origin, blob):
    """Three parts, each with what a decoder has to do; and what each of them is."""
    parts = [
        ("text/plain; charset=koi8-r", TEXT.encode("koi8-r"), TEXT),
        ("text/html; charset=utf-8", HTML.encode(),
         "Konto https://bank.example.com/ <http://203.0.113.9/>"),
        ('application/pdf; name="=?utf-8?Q?Rechnung_=E2=82=AC?=.pdf"', blob, None),
    ]
    body = "".join(f"--lab\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n"
                   f"{wrapped(data)}" for kind, data, _ in parts) + "--lab--\n"
    headers = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=lab"]
    return injector.letter("show", origin, headers, body), parts


def show(postfix, *arguments):
    return tool.run(tool.SPOOLSWEEP, "-s", postfix.queue, "show", *arguments)


def check_parts(postfix, check, message, parts):
    queue_id = message["queue_id"]
    check.equal(message["undecoded"], None, "what kept it from being taken apart")
    seen = [part for part in message["parts"] if part["number"]]
    check.equal(len(seen), len(parts), "parts")
    for part, (_, data, text) in zip(seen, parts):
        name = f"part {part['number']}"
        check.equal(part["bytes"], len(data), f"size of {name}")
        check.equal(part["sha256"], hashlib.sha256(data).hexdigest(), f"SHA-256 of {name}")
        check.equal(part["text"], text, f"text of {name}")
        check.equal(show(postfix, queue_id, "--part", part["number"]), data, f"bytes of {name}")
    check.equal(seen[2]["filename"], "Rechnung €.pdf", "file name")
    check.equal(seen[2]["real_type"], "application/gzip", "what it really is")
    check.equal(seen[2]["warnings"], ["other-type"], "warnings")


def check_times(check, message, begin):
    now = time.time()
    check.true(begin - 2 <= message["created"] <= now, "the time it was made")
    check.true(message["created"] <= message["last_attempt"] <= now, "the last attempt")
    check.true(message["next_retry"] > message["last_attempt"], "the next retry")
    check.equal(message["expires"], message["created"] + LIFETIME_DAYS * 86400, "expiry")
    check.equal(message["lifetime_assumed"], False, "whether the life time is a guess")


def check_raw(postfix, check, queue_id):
    theirs = subprocess.run(["postcat", "-bh", "-q", queue_id], check=True,
                            stdout=subprocess.PIPE).stdout
    check.equal(show(postfix, queue_id, "--raw"), theirs, "the content by postcat")


def test(check, size):
    injector = Injector()
    blob = b"\x1f\x8b\x08" + injector.random.randbytes(size)
    with instance.Instance(maximal_queue_lifetime=f"{LIFETIME_DAYS}d",
                           bounce_queue_lifetime="1d") as postfix, Sink(config.SINK, "/lab/out"):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        begin = time.time()
        origin = injector.account()
        content, parts = letter(injector, origin, blob)
        inject(injector, [(origin, Message("bob@example.com", injector.rcpts(2, TEMPORARY[0]), content),
                           config.PORT_SUBMIT)])
        check.true(postfix.wait_rest(60), "the queue comes to rest")
        (listed,) = tool.list_messages(postfix.queue)
        check.equal(listed["queue_name"], "deferred", "where it waits")
        message = json.loads(show(postfix, listed["queue_id"], "--json"))
        check_parts(postfix, check, message, parts)
        check_times(check, message, begin)
        check_raw(postfix, check, listed["queue_id"])
        text = show(postfix, listed["queue_id"]).decode()
        check.true("REALLY application/gzip" in text, "the text names the real type")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    size = 6 * 1024 * 1024 if options.parse_args().long else 300 * 1024
    check = Check()
    test(check, size)
    check.finish()


if __name__ == "__main__":
    main()
