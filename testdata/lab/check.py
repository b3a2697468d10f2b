"""Collects what a test finds, prints it, and makes the exit code."""

import sys
import time

# A broken reader differs in every message: the first ones tell as much as all.
SHOWN = 25


class Check:
    def __init__(self):
        self.failures = []
        self.passed = 0
        self.started = time.monotonic()

    def true(self, condition, what):
        if condition:
            self.passed += 1
        else:
            self.failures.append(what)
        return bool(condition)

    def equal(self, got, wanted, what):
        return self.true(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")

    def none(self, differences, what):
        """An empty list of differences is one pass, else each is a failure."""
        if not differences:
            self.passed += 1
        self.failures += [f"{what}: {difference}" for difference in differences]
        return not differences

    def note(self, text):
        print(f"  {time.monotonic() - self.started:5.1f} s  {text}", flush=True)

    def finish(self):
        """Prints the failures and ends the program."""
        for failure in self.failures[:SHOWN]:
            print(f"  FAILED {failure}")
        if len(self.failures) > SHOWN:
            print(f"  ... and {len(self.failures) - SHOWN} more")
        self.note(f"{self.passed} checks passed, {len(self.failures)} failed")
        sys.exit(1 if self.failures or not self.passed else 0)
