"""
How fast spoolsweep is, as ratios that can be checked on any machine.

The floor (floor.c) opens and reads the same files and does nothing else; the
peers are Postfix's own programs, postqueue -j and qshape -s. All run on the same
forged queues in the same minutes, one after the other, the order alternated, and
every line compares two medians. Warm: the files are in memory. Cold: the caches
are dropped before each run. The queues stay in build/bench for the next time.

With --lab (bench.sh gives it) this is the private root of testdata/lab, where
Postfix can be run without installing it.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "testdata/lab"), os.path.join(TOP, "formats/postfix/live")]

import acting  # noqa: E402 (the path has to be set first)
import delivery  # noqa: E402 (the path has to be set first)
import instance  # noqa: E402
import measure  # noqa: E402
import million  # noqa: E402
import tool  # noqa: E402

PLACE = os.path.join(TOP, "build/bench")
FLOOR = os.path.join(tool.BUILD, "floor")
MOVER = os.path.join(tool.BUILD, "mover")
MESSAGES = 100_000
BODY_SIZE = "12k"  # of ordinary mail: text, HTML and a few attachments
SCALES = (10_000, 100_000, 300_000)
PAIRS = 5
COLD_PAIRS = 2
COLD_THREADS = (1, 4, 16, 32)
# qshape warns of every file in maildrop and makes nothing of it.
QSHAPE_QUEUES = ("incoming", "active", "deferred", "hold")
PARTS = ("busy", "acting", "memory", "warm", "rescan", "body", "scaling", "cold", "million")


def owner():
    """Whose forge makes the files."""
    try:
        return pwd.getpwnam("postfix").pw_uid if os.getuid() == 0 else os.getuid()
    except KeyError:
        return 0


def forged(messages, name="postfix", *options):
    """The folder of a forged queue; used again if forge and the owner are still the same."""
    tree = os.path.join(PLACE, f"{name}-{messages}")
    mark = tree + ".made"
    wanted = f"{os.stat(tool.FORGE).st_mtime_ns} {owner()}\n"
    if os.path.exists(mark) and open(mark).read() == wanted:
        return tree
    shutil.rmtree(tree, ignore_errors=True)
    tool.run(tool.FORGE, "postfix", "--messages", str(messages), "--seed", "1", *options, tree,
             seconds=900)
    with open(mark, "w") as file:
        file.write(wanted)
    return tree


def ours(tree, *words):
    return [tool.SPOOLSWEEP, "-s", tree, *words]


def floor(tree, *words):
    return [FLOOR, *words, tree]


def peers(verdicts):
    """Postfix's own programs, those that run here."""
    found = {}
    for name, command in (("postqueue -j", ["postqueue", "-j"]),
                          ("qshape -s", ["qshape", "-s", *QSHAPE_QUEUES])):
        try:
            measure.seconds(command)
            found[name] = command
        except (OSError, measure.Failed) as error:
            verdicts.skip(name, error)
    return found


def warm(verdicts, tree, peers):
    verdicts.title(f"warm, {MESSAGES:,} messages, {PAIRS} rounds")
    commands = {
        "top account": ours(tree, "top", "account"),
        "floor": floor(tree),
        "report": ours(tree, "report"),
        "floor with logs": floor(tree, "-l"),
        **peers,
    }
    for command in commands.values():
        measure.seconds(command)  # Brings the files into memory.
    took = measure.medians(commands, PAIRS)
    verdicts.ratio(took, "top account", "floor", most=1.5)
    verdicts.ratio(took, "report", "floor with logs", most=1.5)
    if "postqueue -j" in peers:
        verdicts.ratio(took, "postqueue -j", "top account", least=10)
        verdicts.ratio(took, "postqueue -j", "report", least=7)
        verdicts.bound(took, "postqueue -j", "floor")
    if "qshape -s" in peers:
        verdicts.ratio(took, "qshape -s", "report", least=20)
        verdicts.bound(took, "qshape -s", "floor with logs")


def body(verdicts):
    """
    Every message read whole and its text looked at, for a word and for a pattern without one. In
    memory the floor does nothing but copy; what bodies cost a server is their way from the disk.
    """
    tree = forged(MESSAGES, "whole", "--encoded", "--body-size", BODY_SIZE)
    commands = {
        "body!~word": ours(tree, "top", "account", "body !~ casinoland"),
        "body!~pattern": ours(tree, "top", "account", 'body !~ "(?i)\\bx[0-9]{9}"'),
        "floor of whole files": floor(tree, "-w"),
    }
    for where, before, rounds in (("warm", None, PAIRS), ("cold", measure.drop_caches, COLD_PAIRS)):
        verdicts.title(f"bodies of {MESSAGES:,} messages with a median of {BODY_SIZE}, {where}, "
                       f"{rounds} rounds")
        try:
            took = measure.medians(commands, rounds, before)
        except OSError as error:
            verdicts.skip("bodies", f"the caches cannot be dropped ({error.strerror})")
            continue
        for name in list(commands)[:2]:
            verdicts.ratio(took, name, "floor of whole files", most=1.5)


def rescan(verdicts, tree):
    """A queue that has not changed, with what the last look left."""
    verdicts.title(f"rescan, {MESSAGES:,} messages that have not changed, {PAIRS} rounds")
    state = ["env", f"SPOOLSWEEP_STATE={os.path.join(PLACE, 'state')}"]
    commands = {"report": state + ours(tree, "report"),
                "report --cache": state + ours(tree, "report", "--cache")}
    for command in commands.values():
        measure.seconds(command)  # Brings the files into memory; makes the cache.
    took = measure.medians(commands, PAIRS)
    verdicts.ratio(took, "report --cache", "report", most=0.35)


def best_floor(tree, *words):
    """The floor with the number of threads that is fastest when the disk has to be asked."""
    commands = {n: floor(tree, *words, "-j", str(n)) for n in COLD_THREADS}
    took = measure.medians(commands, 1, measure.drop_caches)
    return commands[min(took, key=took.get)]


def cold(verdicts, tree, peers):
    verdicts.title(f"cold, {MESSAGES:,} messages, {COLD_PAIRS} rounds")
    try:
        measure.drop_caches()
    except OSError as error:
        verdicts.skip("cold", f"the caches of this machine cannot be dropped ({error.strerror})")
        return
    commands = {
        "top account": ours(tree, "top", "account"),
        "best floor": best_floor(tree),
        "report": ours(tree, "report"),
        "best floor with logs": best_floor(tree, "-l"),
        **{name: command for name, command in peers.items() if name == "postqueue -j"},
    }
    took = measure.medians(commands, COLD_PAIRS, measure.drop_caches)
    verdicts.ratio(took, "top account", "best floor", most=1.5)
    verdicts.ratio(took, "report", "best floor with logs", most=1.5)
    if "postqueue -j" in peers:
        verdicts.ratio(took, "postqueue -j", "top account", least=10)
        verdicts.ratio(took, "postqueue -j", "report", least=10)
        verdicts.bound(took, "postqueue -j", "best floor")


def scaling(verdicts, trees):
    verdicts.title(f"microseconds a message, warm, {PAIRS} rounds")
    for words in ("top account", "report"):
        commands = {n: ours(tree, *words.split()) for n, tree in trees.items()}
        for command in commands.values():
            measure.seconds(command)
        took = measure.medians(commands, PAIRS)
        each = {f"{words} {n:,}": seconds / n * 1e6 for n, seconds in took.items()}
        few, *_, many = each
        verdicts.note(", ".join(f"{name}: {cost:.2f}" for name, cost in each.items()))
        verdicts.ratio(each, many, few, most=1.25, unit="us")


def memory(verdicts, trees):
    """A plan of all messages is shown, and saved: at a million, if each takes what it takes here."""
    few, *_, many = trees
    verdicts.title(f"memory of a plan of 1,000,000 messages, from {few:,} and {many:,}")
    plan = os.path.join(PLACE, "plan")
    for words in ("purge --all ALL", f"purge --all ALL --plan-out {plan}"):
        peaks = {}
        for n in (few, many):
            if os.path.exists(plan):
                os.unlink(plan)
            peaks[n] = measure.peak(ours(trees[n], "--offline", *words.split())) / 1e6
        each = (peaks[many] - peaks[few]) / (many - few)
        name = "plan shown and saved" if plan in words else "plan shown"
        verdicts.limit(name, f"{peaks[few]:.0f}, {peaks[many]:.0f} MB",
                       peaks[few] + each * (1_000_000 - few), "MB", most=300)
    os.unlink(plan)


def busy_server(verdicts, tree):
    verdicts.title("a busy Postfix on the same disk while report runs again and again")
    rate = delivery.measure(ours(tree, "report"), os.path.join(PLACE, "live"))
    verdicts.share(f"deliveries a second, {rate.scans} scans", rate.beside, rate.alone, least=0.95)


def act(verdicts, with_postfix):
    """Takes a queue to pieces, as its owner would: the mail owner's, if there is one."""
    def forge(tree, messages):
        tool.run(tool.FORGE, "postfix", "--messages", str(messages), "--seed", "1", tree,
                 seconds=600)
        if os.getuid() == 0 and not owner():
            # Nobody is called postfix here, and a queue of root's is not acted on.
            subprocess.run(["chown", "-R", "65534:65534", tree], check=True)

    def become_queue(tree):
        instance.Instance(queue=tree)

    acting.report(verdicts, forge, PLACE, MESSAGES, MOVER, become_queue if with_postfix else None)


def be_gentle():
    """As spoolsweep makes itself: what else this machine does weighs the same on all sides."""
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    subprocess.run(["ionice", "-c", "3", "-p", str(os.getpid())], check=False)


def read(verdicts, parts, with_postfix):
    trees = {n: forged(n) for n in SCALES}
    big = trees[MESSAGES]
    others = {}
    if with_postfix:
        if "busy" in parts:
            busy_server(verdicts, big)
        # Never started: postqueue -j reads the files itself, as on a server that is down.
        instance.Instance(queue=big)
        others = peers(verdicts)
    else:
        for name in ("postqueue -j", "qshape -s", "deliveries"):
            verdicts.skip(name, "no Postfix here, as said above")
    be_gentle()
    if "memory" in parts:
        memory(verdicts, trees)
    if "warm" in parts:
        warm(verdicts, big, others)
    if "body" in parts:
        body(verdicts)
    if "rescan" in parts:
        rescan(verdicts, big)
    if "scaling" in parts:
        scaling(verdicts, trees)
    if "cold" in parts:
        cold(verdicts, big, others)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lab", action="store_true", help="this is the private root")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    options = options.parse_args()
    parts = set(options.parts or PARTS)
    if not parts <= set(PARTS):
        sys.exit(f"the parts are {', '.join(PARTS)}")
    verdicts = measure.Verdicts()
    if options.lab:
        # Makes the users of Postfix, so that forge can give them the files.
        instance.Instance(queue=os.path.join(PLACE, "live"))
    print(f"{tool.version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
          "what else runs here blurs the figures", flush=True)
    if "acting" in parts:
        act(verdicts, options.lab)
        parts.remove("acting")
    if "million" in parts:
        million.report(verdicts, ours, PLACE)
        parts.remove("million")
    if parts:
        read(verdicts, parts, options.lab)
    sys.exit(verdicts.close())


if __name__ == "__main__":
    main()
