"""
A queue of a million messages that have nothing in common.

2.5 recipients each; every sender, recipient, Message-ID and reason there only once, and 30 % of
the subjects: nothing to save memory with. It takes 9 GB and some minutes to write, and is removed
again.
"""

import os
import shutil

import measure
import tool

FEW, MANY = 100_000, 1_000_000
ROUNDS = 3
MEGABYTES = 300
COMMANDS = ("report", "report --json", "top account", "top envelope_sender", "top rcpt_domain",
            "list --json --limit 10")


def forge(place, messages):
    tree = os.path.join(place, f"distinct-{messages}")
    shutil.rmtree(tree, ignore_errors=True)
    # Some of them were served already: of 3 there are 2.5 left on average.
    tool.run(tool.FORGE, "postfix", "--messages", str(messages), "--seed", "1", "--distinct",
             "--recipients", "3", tree, seconds=1200)
    os.sync()  # what is still to be written of it is not the cost of a run
    return tree


def report(verdicts, ours, place):
    """`ours`: a command line of ours for a tree."""
    verdicts.title(f"{MANY:,} messages, all different, {ROUNDS} rounds")
    try:
        trees = {n: forge(place, n) for n in (FEW, MANY)}
        commands = {f"report {n:,}": ours(tree, "report") for n, tree in trees.items()}
        for command in commands.values():
            measure.seconds(command)  # Brings the files into memory.
        took = measure.medians(commands, ROUNDS)
        verdicts.ratio(took, f"report {MANY:,}", f"report {FEW:,}", most=11)
        took = measure.first_words(commands[f"report {MANY:,}"], b"so far")
        verdicts.limit("report, on a terminal", "first interim result", took, "s", most=1)
        for words in COMMANDS:
            peak = measure.peak(ours(trees[MANY], *words.split())) / 1e6
            verdicts.limit(words, "memory at most", peak, "MB", most=MEGABYTES)
    finally:
        for n in (FEW, MANY):
            shutil.rmtree(os.path.join(place, f"distinct-{n}"), ignore_errors=True)
