"""
Which lines of the mail log a change of the queue may cause.

Why each is harmless is in ../README.md, "Changing the queue".
"""

import collections
import re

MISSING = "No such file or directory$"
# Each stands in the README with its cause.
EXPLAINED = [
    rf"^qmgr: warning: qmgr_active_done_3_generic: remove ID from active: {MISSING}",
    rf"^qmgr: warning: qmgr_active_defer: rename ID from active to deferred: {MISSING}",
    rf"^\w+: warning: open active ID: {MISSING}",
    # Of the lab alone: a delay_warning_time below an hour, which the template counts in hours.
    r"^bounce: warning: (\[built-in\]: zero result in|please reduce time unit|for instructions)",
    # Of a virtual machine whose clock is set while the test runs.
    r"^cleanup: warning: file system clock is N seconds ahead of local clock$",
    r"^cleanup: warning: resetting file time stamps - this hurts performance$",
]

# Of a reload: processes go while others talk to them. Their messages are tried again.
RELOADED = re.compile(r"postfix/master\[\d+\]: reload -- version")
RELOAD_LINES = 20000  # some seconds of a busy server; at rest all that follows
HUNG_UP = re.compile(r"^\S+: warning: (malformed request|(premature|unexpected) end-of-input on|"
                     r"problem talking to (server|service)|(write to|connect to) \S+ \S+:)")

TROUBLE = re.compile(r"postfix\S*/(\S+)\[\d+\]: (?:\w+: )?(panic|fatal|error|warning): (.*)")
NAMES = [(re.compile(r"\b(?:[0-9A-F]{9,}|[0-9B-Zb-z]{14,})\b"), "ID"),
         (re.compile(r"/(?:[0-9A-Za-z]/)+ID"), "/ID"),
         (re.compile(r"\b\d+\b"), "N")]


def kind_of(line):
    """The line without what differs each time; None when it is no trouble."""
    found = TROUBLE.search(line)
    if not found:
        return None
    text = f"{found[1]}: {found[2]}: {found[3]}"
    for pattern, name in NAMES:
        text = pattern.sub(name, text)
    return text


def check_log(lines, check):
    kinds, reloaded = collections.Counter(), -RELOAD_LINES
    for number, line in enumerate(lines):
        reloaded = number if RELOADED.search(line) else reloaded
        kind = kind_of(line)
        if kind and number - reloaded < RELOAD_LINES and HUNG_UP.search(kind):
            check.note(f"log: after a reload: {kind}")
        elif kind:
            kinds[kind] += 1
    kinds.update(line for line in lines if "corrupt" in line and not kind_of(line))
    for kind, count in kinds.most_common():
        check.note(f"log: {count} times {kind}")
        check.true(any(re.search(pattern, kind) for pattern in EXPLAINED),
                   f"nobody explained: {kind}")
