"""Times programs against each other: alternated rounds, medians, and a verdict a line."""

import os
import pty
import statistics
import subprocess
import time


class Failed(Exception):
    """A program ended with an exit code other than 0."""


def seconds(command):
    """How long a program takes from start to end; its output is thrown away."""
    begin = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    took = time.monotonic() - begin
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[-500:].strip()
        raise Failed(f"{' '.join(command)}: exit {done.returncode}: {said}")
    return took


def peak(command):
    """The most memory that a program had at a time, in bytes."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    said = child.stderr.read()
    child.stderr.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit {child.returncode}: "
                     f"{said.decode(errors='replace')[-500:].strip()}")
    return usage.ru_maxrss * 1024


def first_words(command, words):
    """Seconds until a program that has a terminal says something there; then it is stopped."""
    ours, its = pty.openpty()
    begin = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=its, env={**os.environ, "TERM": "xterm"})
    os.close(its)
    said = b""
    try:
        while words not in said:
            said += os.read(ours, 4096)
    except OSError:  # The terminal of a program that has ended.
        raise Failed(f"{' '.join(command)}: never said {words.decode()}") from None
    finally:
        took = time.monotonic() - begin
        child.kill()
        child.wait()
        os.close(ours)
    return took


def medians(commands, rounds, before=None):
    """
    {name: median seconds} of {name: command}. Every other round runs backwards, so
    that nobody always comes first. `before` is called before each run.
    """
    taken = {name: [] for name in commands}
    for number in range(rounds):
        names = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in names:
            if before:
                before()
            taken[name].append(seconds(commands[name]))
    return {name: statistics.median(times) for name, times in taken.items()}


def drop_caches():
    """The disk has to be asked again for every file. Needs root."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3\n")


class Verdicts:
    """Prints the results, a line each, and counts them."""

    def __init__(self):
        self.kept = self.missed = 0
        self.skipped = []

    def title(self, text):
        print(f"\n{text}", flush=True)

    def note(self, text):
        print(f"  {text}", flush=True)

    def skip(self, what, why):
        self.skipped.append(what)
        print(f"  SKIP {what}: {why}", flush=True)

    def ratio(self, took, above, below, *, most=None, least=None, unit="s"):
        """took[above] / took[below], which may be `most` or has to be `least`."""
        value = took[above] / took[below]
        kept = value <= most if least is None else value >= least
        target = f"<= {most}" if least is None else f">= {least}"
        self._line(f"{above} / {below}", f"{took[above]:.3f} / {took[below]:.3f} {unit}",
                   f"{value:.2f}x", target, kept)

    def bound(self, took, peer, floor):
        self.note(f"({peer} / {floor}: {took[peer] / took[floor]:.1f}x, the most that any "
                  "reader of these files could reach here)")

    def share(self, what, above, below, *, least):
        value = above / below
        self._line(what, f"{above:.1f} / {below:.1f}", f"{value:.1%}", f">= {least:.0%}",
                   value >= least)

    def limit(self, what, detail, value, unit, *, most):
        self._line(what, detail, f"{value:.{0 if value >= 10 else 2}f} {unit}", f"<= {most}",
                   value <= most)

    def _line(self, what, detail, value, target, kept):
        self.kept += kept
        self.missed += not kept
        print(f"  {what:<40} {detail:>19} {value:>7}  target {target:<7} "
              f"{'ok' if kept else 'MISS'}", flush=True)

    def close(self):
        """The last line; the exit code."""
        words = f"\n{self.kept} targets kept, {self.missed} missed"
        if self.skipped:
            words += f", not measured: {', '.join(self.skipped)}"
        print(words)
        return 1 if self.missed else 0
