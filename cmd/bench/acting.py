"""
What it costs to take a stolen account's mail out of a queue, and to put it back.

The floor (mover.c) renames the same files, messages and logs, and does nothing
else; the peer is postsuper -d -. Purges and their undos alternate on one tree, so
each begins where the one before has ended.
"""

import os
import shutil
import statistics
import subprocess

import measure
import tool

ACCOUNT = "account=bob@example.com"
ROUNDS = 3
MOST = "--max=1000000"


class Tree:
    """A forged queue that may be taken to pieces, with its own journals."""

    def __init__(self, forge, place, messages):
        self.path = os.path.join(place, f"acting-{messages}")
        self.state = self.path + ".state"
        self.messages = messages
        self.forge = forge

    def make(self):
        for path in (self.path, self.state):
            shutil.rmtree(path, ignore_errors=True)
        self.forge(self.path, self.messages)
        os.sync()  # what is still to be written of it is not the cost of a run
        return self

    def command(self, *words):
        return ["env", f"SPOOLSWEEP_STATE={self.state}", tool.SPOOLSWEEP, "-s", self.path, *words]

    def run(self, *words):
        """Seconds of a run that is applied."""
        return measure.seconds(self.command(*words, "--apply", "--yes", MOST))

    def newest_run(self):
        line = subprocess.run(self.command("journal"), stdout=subprocess.PIPE, check=True)
        return line.stdout.decode().splitlines()[1].split()[0]

    def files_of(self, ids):
        """The paths of the messages and of their logs, below the queue."""
        wanted = set(ids)
        for folder, _, names in os.walk(self.path):
            below = os.path.relpath(folder, self.path)
            if below.split("/")[0] in ("active", "deferred", "incoming", "hold", "maildrop",
                                       "defer", "bounce", "trace"):
                yield from (f"{below}/{name}" for name in names if name in wanted)

    def ids(self):
        """None when nothing matches, which is exit 1."""
        out = subprocess.run(self.command("list", ACCOUNT, "--ids"), stdout=subprocess.PIPE)
        return out.stdout.decode().split()

    def remove(self):
        for path in (self.path, self.state):
            shutil.rmtree(path, ignore_errors=True)


def move(mover, paths, source, target):
    for folder in {os.path.dirname(path) for path in paths}:
        os.makedirs(os.path.join(target, folder), exist_ok=True)
    with open(source + ".paths", "w") as file:
        file.write("\n".join(paths) + "\n")
    took = measure.seconds(["sh", "-c", f"'{mover}' '{source}' '{target}' <'{source}.paths'"])
    os.unlink(source + ".paths")
    return took


def cycles(tree, mover):
    """Medians of purge, undo and the bare renames of the same files, in turn."""
    took = {"purge": [], "undo": [], "renames": []}
    paths = sorted(tree.files_of(tree.ids()))
    aside = tree.path + ".aside"
    for _ in range(ROUNDS):
        took["purge"].append(tree.run("purge", ACCOUNT))
        took["undo"].append(tree.run("undo", tree.newest_run(), "--to", "origin"))
        here = [path for path in paths if os.path.exists(os.path.join(tree.path, path))]
        took["renames"].append(move(mover, here, tree.path, aside))
        move(mover, here, aside, tree.path)
    shutil.rmtree(aside, ignore_errors=True)
    return {name: statistics.median(times) for name, times in took.items()}


def expunging(tree):
    """Seconds to empty the trash of one purge, by us and by find; two equal trees."""
    tree.make().run("purge", ACCOUNT)
    ours = measure.seconds(tree.command("expunge", "--now", tree.newest_run(), "--apply",
                                        "--yes"))
    tree.make().run("purge", ACCOUNT)
    trash = os.path.join(tree.path, "spoolsweep-trash", tree.newest_run())
    return {"expunge": ours, "find -delete": measure.seconds(["find", trash, "-delete"])}


def report(verdicts, forge, place, messages, mover, with_postfix):
    """with_postfix: a function that makes the tree the queue of a Postfix that is stopped."""
    verdicts.title(f"acting: {ACCOUNT} of {messages:,} messages, {ROUNDS} rounds")
    tree = Tree(forge, place, messages)
    try:
        tree.make()
        took = cycles(tree, mover)
        verdicts.ratio(took, "purge", "renames", most=2)
        verdicts.ratio(took, "undo", "purge", most=1.1)
        if with_postfix:
            with_postfix(tree.path)
            ids = "\n".join(tree.ids()) + "\n"
            with open(tree.path + ".ids", "w") as file:
                file.write(ids)
            took["postsuper -d -"] = measure.seconds(
                ["sh", "-c", f"postsuper -d - <'{tree.path}.ids' 2>/dev/null"])
            os.unlink(tree.path + ".ids")
            if left := tree.ids():
                raise RuntimeError(f"postsuper left {len(left)} messages")
            verdicts.ratio(took, "postsuper -d -", "purge", least=20)
        else:
            verdicts.skip("postsuper -d -", "no Postfix here, as said above")
        verdicts.ratio(expunging(tree), "find -delete", "expunge", least=2)
    finally:
        tree.remove()
