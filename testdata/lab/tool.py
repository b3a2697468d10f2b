"""Runs the programs under test, as built by make."""

import json
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", os.environ.get("VARIANT", "release"))
SPOOLSWEEP = os.path.join(BUILD, "spoolsweep")
FORGE = os.path.join(BUILD, "forge")


class Failed(Exception):
    """A program ended with an exit code that nobody hoped for."""


def run(*command, codes=(0,), seconds=120):
    """Standard output of a program, as bytes."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=seconds)
    if done.returncode not in codes:
        words = " ".join(os.path.basename(word) for word in command)
        said = done.stderr.decode(errors="replace")[-2000:].strip()
        raise Failed(f"{words}: exit {done.returncode}: {said}")
    return done.stdout


def version():
    return run(SPOOLSWEEP, "--version").decode().strip()


def list_lines(spool, *arguments):
    """What `list --json` prints of one queue, a text a message."""
    return run(SPOOLSWEEP, "-s", spool, "list", "--json", *arguments).decode().splitlines()


def list_messages(spool, *arguments):
    return [json.loads(line) for line in list_lines(spool, *arguments)]
