"""
Every message as Postfix would send it: what we show of a queue that waits, beside what
Postfix's own tools show, and beside what a sink gets once it is let go.

Messages are told apart by their field X-Case, which nothing changes.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import compare
import config
import tool
from check import Check

# Everything waits in one transport until it is let go; then it goes to the sink.
WAITING = {"transport_maps": f"static:smtp:[127.0.0.1]:{config.SINK}", "defer_transports": "smtp",
           # Lines go as they are, whatever their length.
           "smtp_line_length_limit": "0"}
ALL_QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
CASE = re.compile(rb"^X-Case: (.*)$", re.MULTILINE)
RET = {None: None, "1": "FULL", "2": "HDRS"}
ORCPT = re.compile(r" ORCPT=(\S+)")


@dataclass
class Shown:
    """One waiting message as we show it."""

    case: str
    content: bytes
    message: dict  # as list --json has it
    attributes: list = None  # as show --json has them, if they were asked for

    def attribute(self, name):
        """The value that counts in Postfix: the last one."""
        values = [a["value"] for a in self.attributes or () if a["name"] == name]
        return values[-1] if values else None

    def recipients(self):
        """Who is to get it: where there is a redirect that address alone."""
        redirect = self.attribute("redirect_to")
        return [redirect] if redirect else [r["address"] for r in compare.pending(self.message)]


def case_of(content):
    found = CASE.search(content)
    return found.group(1).strip().decode() if found else None


def show(postfix, *arguments):
    return tool.run(tool.SPOOLSWEEP, "-s", postfix.queue, "show", *arguments)


def look(postfix, check, when, among=None, attributes=lambda shown: True):
    """
    {queue id: Shown} of all that waits, or of `among`, after comparing it with postqueue
    and postcat. attributes: whether those of a message are wanted; they cost another run.
    """
    theirs = postfix.list()
    ours = {message["queue_id"]: message for message in tool.list_messages(postfix.queue)}
    check.none(compare.with_postqueue(theirs, list(ours.values())), when)

    def one(queue_id):
        shown = Shown(None, show(postfix, "--raw", queue_id), ours[queue_id])
        shown.case = case_of(shown.content)
        if attributes(shown):
            shown.attributes = json.loads(show(postfix, "--json", queue_id))["attributes"]
        return queue_id, shown, tool.run("postcat", "-qbh", queue_id)

    found = {}
    with ThreadPoolExecutor(2) as pool:
        for queue_id, shown, postcat in pool.map(one, ours.keys() & (among or ours.keys())):
            what = f"{when}: {queue_id} ({shown.case})"
            check.true(shown.content == postcat, f"{what}: show --raw is not what postcat prints "
                                                 f"{_difference(shown.content, postcat)}")
            check.equal(shown.message["warnings"], [], f"{what}: warnings")
            found[queue_id] = shown
    for queue_id in sorted(found)[::20]:
        # postcat ends before the empty line; a probe has none.
        check.equal(show(postfix, "--headers", queue_id).rstrip(b"\n"),
                    tool.run("postcat", "-qh", queue_id).rstrip(b"\n"),
                    f"{when}: {queue_id}: headers")
    return found


def _difference(ours, theirs):
    place = next((n for n, (a, b) in enumerate(zip(ours, theirs)) if a != b),
                 min(len(ours), len(theirs)))
    begin = max(0, place - 30)
    return f"(byte {place}: {ours[begin:place + 50]!r}, wanted {theirs[begin:place + 50]!r})"


def same_cases(shown, cases, check):
    """Whether each case is there, once. What has failed by now would fail again below: the end."""
    found = [str(one.case) for one in shown.values()]
    check.equal(sorted(set(cases) - set(found)), [], "not in the queue")
    check.equal(sorted(set(found) - set(cases)), [], "in the queue, and nobody sent it")
    check.equal(len(found), len(cases), "messages")
    if check.failures:
        check.finish()


def let_go(postfix, check, seconds=60):
    """Everything is sent, what was on hold too."""
    held = [i for i, (name, _) in postfix.files().items() if name == "hold"]
    if held:
        postfix.postsuper("-H", held)
    postfix.flush()
    check.true(postfix.wait_rest(seconds, busy=ALL_QUEUES), "the queue empties")


def arrived(shown, taken, check):
    """What we showed is what was sent: bytes, sender and recipients, and nothing else was."""
    by_case = {}
    for got in taken:
        by_case.setdefault(case_of(got.content), []).append(got)
    strange = by_case.keys() - {one.case for one in shown}
    check.equal(sorted(strange, key=str), [], "sent, but not shown")
    for one in shown:
        _arrived(one, by_case.get(one.case, []), check)


def notices(shown, taken):
    """The comparison itself must not be blind: each of these changes has to be seen."""
    one = shown[0]
    fewer = {**one.message, "recipients": []}
    other = {**one.message, "sender": "other@example.com"}
    lost = next(n for n, got in enumerate(taken) if case_of(got.content) == one.case)

    def seen(changed, taken=taken):
        check = Check()
        arrived([changed, *shown[1:]], taken, check)
        return check.failures

    yield "a byte", seen(replace(one, content=one.content[:-2] + b"?\n"))
    yield "a byte at the end", seen(replace(one, content=one.content + b"\n"))
    yield "a recipient", seen(replace(one, message=fewer))
    yield "a sender", seen(replace(one, message=other))
    yield "a lost message", seen(one, taken[:lost] + taken[lost + 1:])
    yield "a message nobody showed", seen(replace(one, case="another"))


def _arrived(one, taken, check):
    wire = one.content.replace(b"\n", b"\r\n")
    recipients = [rcpt for got in taken for rcpt in got.recipients]
    check.equal(sorted(recipients), sorted(one.recipients()), f"{one.case}: recipients sent to")
    for got in taken:
        check.true(got.content == wire, f"{one.case}: sent is not what was shown "
                                        f"{_difference(got.content, wire)}")
        check.equal(got.sender or "MAILER-DAEMON", one.message["sender"], f"{one.case}: sender")
        if one.attributes is not None:
            check.equal(_dsn(got), (one.attribute("envelope_id"), RET[one.attribute("ret_flags")]),
                        f"{one.case}: ENVID and RET")
    check.none(_originals(one, taken), f"{one.case}: ORCPT")


def _dsn(got):
    """What the MAIL command says of notifications: ENVID and RET."""
    words = dict(word.split("=", 1) for word in got.commands[0].split() if "=" in word)
    return _plain(words["ENVID"]) if "ENVID" in words else None, words.get("RET")


def _originals(one, taken):
    """
    ORCPT of each recipient: smtp(8) makes one of the address as it came where nobody gave
    one. A redirect has that of whoever was the first.
    """
    if one.attribute("redirect_to"):
        return []
    shown = {r["address"]: r for r in one.message["recipients"]}
    differences = []
    for got in taken:
        for address, command in zip(got.recipients, got.commands[1:]):
            found = ORCPT.search(command)
            told = _plain(found.group(1)) if found else None
            rcpt = shown.get(address, {})
            made = f"rfc822;{rcpt.get('original') or address}"
            wanted = [rcpt["dsn_original"]] if rcpt.get("dsn_original") else [None, made]
            if told not in wanted:
                differences.append(f"{address}: {told!r}, shown {wanted}")
    return differences


def _plain(xtext):
    return re.sub(rb"\+([0-9A-F]{2})", lambda m: bytes.fromhex(m.group(1).decode()),
                  xtext.encode()).decode()
