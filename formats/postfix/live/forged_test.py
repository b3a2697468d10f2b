"""
Shows a forged queue to the real Postfix: the tree that `forge postfix` wrote is
the queue_directory of an instance of which only showq and the log run. postqueue -j and postcat -q have to
read every message without a warning, and `list --json` has to equal postqueue.
"""

import argparse
import collections
import json
import os
import pwd
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../../testdata/lab")]

import compare  # noqa: E402 (the path has to be set first)
import instance  # noqa: E402
import tool  # noqa: E402
from check import Check  # noqa: E402

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")


def forge(queue, messages, seed):
    tool.run(tool.FORGE, "postfix", "--messages", str(messages), "--seed", str(seed), queue)
    # What every file of a real queue has, and a forge run by a user cannot give.
    postfix = pwd.getpwnam("postfix")
    for name in os.listdir(queue):
        for folder, _, files in os.walk(os.path.join(queue, name)):
            # In maildrop a file belongs to who submitted it.
            mine = [] if name == "maildrop" else files
            for path in [folder] + [os.path.join(folder, file) for file in mine]:
                os.chown(path, postfix.pw_uid, postfix.pw_gid)


def said(postfix, lines):
    """What Postfix logged after so many lines, but that it started or stopped."""
    return [line for line in postfix.log()[lines:]
            if "/master[" not in line and "/postfix-script[" not in line]


def read_by_postqueue(postfix, check, messages):
    quiet = len(postfix.log())
    texts, warnings = postfix.list_lines()
    check.none(warnings + said(postfix, quiet), "postqueue warns")
    theirs = [json.loads(text) for text in texts]
    check.equal(len(theirs), messages, "messages by postqueue")
    counts = collections.Counter(message["queue_name"] for message in theirs)
    check.note(", ".join(f"{name} {counts[name]}" for name in QUEUES if counts[name]))
    return theirs


def read_by_postcat(check, theirs):
    ids = [message["queue_id"] for message in theirs]
    for start in range(0, len(ids), 500):
        some = ids[start:start + 500]
        done = instance.run("postcat", "-q", *some, check=False, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, errors="replace")
        check.equal((done.returncode, done.stderr), (0, ""), "exit code and stderr of postcat")
        check.equal(done.stdout.count("*** MESSAGE FILE END"), len(some),
                    "complete messages by postcat")


def notices_damage(postfix, check, theirs):
    """Postfix has to complain about a broken file, or its silence would mean nothing."""
    queue_id = next(m["queue_id"] for m in theirs if m["queue_name"] == "deferred")
    path = next(os.path.join(folder, queue_id) for folder, _, files
                in os.walk(os.path.join(postfix.queue, "deferred")) if queue_id in files)
    with open(path, "r+b") as file:
        file.write(b"\xff" * 16)
    quiet = len(postfix.log())
    texts, warnings = postfix.list_lines()
    check.equal(len(texts), len(theirs) - 1, "messages by postqueue, one broken")
    check.true(warnings + said(postfix, quiet), "Postfix says nothing about a broken file")
    done = instance.run("postcat", path, check=False, stderr=subprocess.PIPE)
    check.true(done.stderr, "postcat says nothing about a broken file")


def test(check, messages, seed):
    postfix = instance.Instance(queue=f"/lab/spool/forged-{seed}")
    forge(postfix.queue, messages, seed)
    check.note(f"Postfix {postfix.version()}, {tool.version()}, forged with seed {seed}")
    postfix.start_listing()
    try:
        theirs = read_by_postqueue(postfix, check, messages)
        ours = tool.list_messages(postfix.queue)
        check.equal(len(ours), len(theirs), "messages by spoolsweep")
        check.none(compare.with_postqueue(theirs, ours), "list --json")
        read_by_postcat(check, theirs)
        notices_damage(postfix, check, theirs)
    finally:
        postfix.stop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    messages = 50000 if options.parse_args().long else 2000
    check = Check()
    for seed in (1, 2):
        test(check, messages, seed)
    check.finish()


if __name__ == "__main__":
    main()
