"""
Shows a forged queue to the real Postfix: the tree that `forge postfix` wrote is
the queue_directory of an instance of which only showq and the log run.

postqueue -j and postcat -q have to read every message, and `postfix check` to
look at every file, without a warning; `list --json` has to equal postqueue.
"""

import argparse
import collections
import json
import os
import subprocess

import compare
import instance
import tool
from check import Check

# Those postqueue shows; it is silent about corrupt/.
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")


def said(postfix, lines):
    """What Postfix logged after so many lines, but that it started or stopped."""
    return [line for line in postfix.log()[lines:]
            if "/master[" not in line and "/postfix-script[" not in line]


def pass_inspection(postfix, check):
    """`postfix check` looks at owners, modes, names and places, and repairs what it can."""
    before = postfix.files()
    done = instance.run("postfix", "check", check=False, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
    quiet = [line for line in done.stdout.splitlines() + postfix.log()
             if "damaged message: corrupt/" not in line]
    check.none(quiet, "postfix check")
    check.equal(postfix.files(), before, "files after postfix check")


def read_by_postqueue(postfix, check):
    quiet = len(postfix.log())
    texts, warnings = postfix.list_lines()
    check.none(warnings + said(postfix, quiet), "postqueue warns")
    return [json.loads(text) for text in texts]


def compare_lists(postfix, check, theirs, messages):
    """Every message that was forged: those postqueue shows, and the damaged ones."""
    ours = tool.list_messages(postfix.queue)
    check.equal(len(ours), messages, "messages by spoolsweep")
    visible = [message for message in ours if message["queue_name"] in QUEUES]
    check.none(compare.with_postqueue(theirs, visible), "list --json")
    corrupt = os.listdir(os.path.join(postfix.queue, "corrupt"))
    check.equal(len(theirs) + len(corrupt), messages, "messages by postqueue and in corrupt/")
    check.equal(sorted(m["queue_id"] for m in ours if m["queue_name"] == "corrupt"),
                sorted(corrupt), "messages in corrupt/")
    counts = collections.Counter(message["queue_name"] for message in ours)
    check.note(", ".join(f"{name} {number}" for name, number in sorted(counts.items())))


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


def test(check, messages, seed, *options):
    # Otherwise the check would rename files with long ids to short ones.
    postfix = instance.Instance(queue=f"/lab/spool/forged-{seed}", enable_long_queue_ids="yes")
    tool.run(tool.FORGE, "postfix", "--messages", str(messages), "--seed", str(seed), *options,
             postfix.queue)
    check.note(f"Postfix {postfix.version()}, {tool.version()}, forge --seed {seed} "
               f"{' '.join(options)}")
    pass_inspection(postfix, check)
    postfix.start_listing()
    try:
        theirs = read_by_postqueue(postfix, check)
        compare_lists(postfix, check, theirs, messages)
        read_by_postcat(check, theirs)
        notices_damage(postfix, check, theirs)
    finally:
        postfix.stop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    messages = 50000 if options.parse_args().long else 2000
    check = Check()
    test(check, messages, 1)
    test(check, messages, 2, "--incident", "none", "--ids", "mixed")
    check.finish()


if __name__ == "__main__":
    main()
