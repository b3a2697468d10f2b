"""
What a real milter (libmilter) makes of messages, single edits and many together.

While they wait, `show --raw` equals postcat and `list --json` equals postqueue -j; then
the queue is let go, and what a sink gets has the bytes, the sender and the recipients
that we showed. Some are requeued before, which copies them.
"""

import argparse
import itertools
import random
import re

import config
import instance
import sent
import tool
from check import Check
from milter import Milter, wish
from sink import Sink
from smtp import Client, Message

# The last one no edit deletes: a message for nobody qmgr(8) removes.
RCPTS = ["anna@park.test", "ben@park.test", "carl@park.test", "kept@park.test"]
HEADERS = ["From: Bob <bob@example.com>", "To: a list of ours:;", "Subject: Invoice 4711",
           "Message-ID: <1.4711@origin.test>", "X-Delete-Me: long enough to hold a pointer",
           "X-S: a", "X-Twice: the first one", "X-Twice: the second one",
           "X-Folded: one line\n\tand another\n and a third", "X-Last: one"]
BODY = "Hello,\n\nthis is the lab.\n.\n..dots\n"
MANY = [f"user{n:03}@park.test" for n in range(120)]
FIELDS = re.compile(rb"^(?:X-Case|X-Milter|Received):.*\n(?:[ \t].*\n)*", re.MULTILINE)

LONG = "v" * 3000
FOLDED = "first\n\tsecond, after a tab\n  third, after two blanks"
# The edits by name, each a list of fields that ask for them.
EDITS = {
    "nothing": [],
    "sender": [wish("sender", "<somebody-with-a-long-name@changed.test>")],
    "sender, short": [wish("sender", "<a@b>")],
    "sender, null": [wish("sender", "<>")],
    "sender, quoted": [wish("sender", "<\"two words\"@changed.test>")],
    "sender, with arguments": [wish("sender", "<dsn@changed.test>", "RET=HDRS ENVID=changed+3D1")],
    "sender, twice": [wish("sender", "<first@changed.test>"), wish("sender", "<2nd@changed.test>")],
    "rcpt added": [wish("add-rcpt", "<added@park.test>")],
    "rcpts added": [wish("add-rcpt", f"<added{n}@park.test>") for n in range(7)],
    "rcpt added, with arguments": [
        wish("add-rcpt", "<dsn@park.test>", "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;other+2B@dsn.test")],
    "rcpt added, quoted": [wish("add-rcpt", "<\"two words\"@park.test>")],
    "rcpt deleted, first": [wish("delete-rcpt", f"<{RCPTS[0]}>")],
    "rcpt deleted, third": [wish("delete-rcpt", f"<{RCPTS[2]}>")],
    "rcpts deleted, two": [wish("delete-rcpt", f"<{rcpt}>") for rcpt in RCPTS[:2]],
    "rcpts replaced": [wish("delete-rcpt", f"<{rcpt}>") for rcpt in RCPTS[:3]] +
                      [wish("add-rcpt", "<instead@park.test>")],
    "rcpt added and deleted, another added": [
        wish("add-rcpt", "<b@park.test>"), wish("delete-rcpt", "<b@park.test>"),
        wish("add-rcpt", "<c@park.test>")],
    "header added": [wish("add-header", "X-Added", "at the end")],
    "headers added": [wish("add-header", f"X-Added-{n}", f"value {n}") for n in range(9)],
    "header added, long name": [wish("add-header", "X-" + "name" * 60, "value")],
    "header added, long value": [wish("add-header", "X-Added", LONG)],
    "header added, folded": [wish("add-header", "X-Added", FOLDED)],
    "header added, empty": [wish("add-header", "X-Added", "")],
    "header added, 8 bit": [wish("add-header", "X-Added", b"Gr\xfc\xdfe, raw Latin-1")],
    "header inserted, top": [wish("insert-header", 0, "X-Top", "at the top")],
    "headers inserted, top": [wish("insert-header", 0, f"X-Top-{n}", "t") for n in range(4)],
    "header inserted, second": [wish("insert-header", 1, "X-Second", "the second one")],
    "header inserted, fifth": [wish("insert-header", 5, "X-Fifth", FOLDED)],
    "header inserted, behind the last": [wish("insert-header", 99, "X-End", "far behind")],
    "header inserted, long": [wish("insert-header", 2, "X-" + "n" * 90, LONG)],
    "header changed, longer": [wish("change-header", 1, "Subject", "a longer subject, " * 20)],
    "header changed, shorter": [wish("change-header", 1, "Subject", "x")],
    "header changed, folded": [wish("change-header", 1, "X-Folded", FOLDED)],
    "header changed, to one line": [wish("change-header", 1, "X-Folded", "one")],
    "header changed, the short one": [wish("change-header", 1, "X-S", LONG)],
    "header changed, second of two": [wish("change-header", 2, "X-Twice", "changed")],
    "header changed, the last": [wish("change-header", 1, "X-Last", "changed, and longer")],
    "header changed, twice": [wish("change-header", 1, "Subject", "once"),
                              wish("change-header", 1, "Subject", "and again, longer")],
    "header changed that is not there": [wish("change-header", 1, "X-Absent", "it is now")],
    "header deleted": [wish("delete-header", 1, "X-Delete-Me")],
    "header deleted, the short one": [wish("delete-header", 1, "X-S")],
    "header deleted, folded": [wish("delete-header", 1, "X-Folded")],
    "header deleted, first of two": [wish("delete-header", 1, "X-Twice")],
    "header deleted, second of two": [wish("delete-header", 2, "X-Twice")],
    "headers deleted, both": [wish("delete-header", 2, "X-Twice"),
                              wish("delete-header", 1, "X-Twice")],
    "headers deleted, neighbours": [wish("delete-header", 1, name) for name in
                                    ("X-Delete-Me", "X-S", "X-Folded", "X-Last", "Subject")],
    "header deleted and added": [wish("delete-header", 1, "Subject"),
                                 wish("add-header", "Subject", "a new one at the end")],
    "header added and deleted, another added": [
        wish("add-header", "X-Added", "gone"), wish("delete-header", 1, "X-Added"),
        wish("add-header", "X-Added", "stays")],
    "body, shorter": [wish("body", 1, "x\r\n")],
    "body, longer": [wish("body", 60, "a line the milter wrote\r\n")],
    "body, empty": [wish("body", 0)],
    "body, without an end of line": [wish("body", 1, "no end of line")],
    "body, long lines": [wish("body", 3, "z" * 700), wish("body", 1, "\r\n"),
                         wish("body", 900, "0123456789"), wish("body", 1, "\r\nshort\r\n")],
    "body, 8 bit": [wish("body", 5, b"Gr\xfc\xdfe, \xe2\x82\xac \xff\xfe raw\r\n")],
    "body, dots": [wish("body", 3, ".\r\n..\r\n.dot\r\n\r\n")],
    "body, lone CR and LF": [wish("body", 2, "one\ntwo\rthree\r\r\n\r\n")],
    "body, large": [wish("body", 3000, "a line that is repeated very often, for 150 kB ..\r\n")],
    "quarantine": [wish("quarantine", "held by the milter")],
}
# One of each kind: what all pairs are made of, in both orders, and each with itself.
CORE = ["sender", "rcpt added", "rcpt deleted, first", "header added", "header inserted, top",
        "header inserted, fifth", "header changed, longer", "header deleted", "body, longer",
        "body, empty", "quarantine"]
EVERYTHING = [field for name in CORE for field in EDITS[name]]


def message(headers=(), body=BODY, **options):
    """A kind of message: how to send it, with fields that are still to come."""
    return {"headers": [*HEADERS, *headers], "body": body, **options}


KINDS = {
    "plain": message(),
    "short sender": message(sender="s@a"),
    "null sender": message(sender=""),
    "no body": message(body=""),
    "long lines": message(["X-Long: " + "\n ".join(["x" * 900] * 10)], "y" * 7000 + "\n" + BODY),
    "8 bit": message([b"X-Raw: Gr\xfc\xdfe", "X-UTF8: Grüße aus Köln"], "Grüße\n" * 20),
    "SMTPUTF8": message(["X-Note: Grüße"], "Grüße\n", sender="jürgen@bücher.example.com",
                        rcpts=RCPTS + ["пётр@park.test"], smtputf8=True),
    "many recipients": message(rcpts=RCPTS + MANY),
    "aliases": message(rcpts=RCPTS + ["staff@inbound.test"]),
    "BCC maps": message(sender="audited@example.com", rcpts=RCPTS + ["watched@park.test"]),
    "headers behind the first read": message([f"X-Fill-{n}: " + "f" * 90 for n in range(120)]),
    "body behind several reads": message(body="a line of the body, to be long\n" * 8000),
    "two milters": message(port=config.PORT_TWO_MILTERS),
    "by sendmail": message(local=True),
}
BCC = {"always_bcc": "", "sender_bcc_maps": "inline:{audited@example.com=sent@bcc.park.test}",
       "recipient_bcc_maps": "inline:{watched@park.test=got@bcc.park.test, "
                             "added@park.test=never@bcc.park.test}"}


def combinations(many):
    """(case, kind, edits): single edits, all pairs of CORE, edits of every kind of message."""
    for name, fields in EDITS.items():
        yield name, "plain", fields
    for pair in itertools.product(CORE, repeat=2):
        yield " + ".join(pair), "plain", [field for name in pair for field in EDITS[name]]
    mixed = EVERYTHING[:-1] + EDITS["header added, long value"]
    for kind in KINDS:
        yield f"{kind}: nothing", kind, []
        yield f"{kind}: everything", kind, EVERYTHING
        yield f"{kind}: everything twice", kind, mixed + mixed
    rest = random.Random(4)
    for number in range(700 if many else 40):
        kind = rest.choice(list(KINDS))
        names = rest.choices(list(EDITS), k=rest.randint(2, 6))
        yield (f"{number}, {kind}: " + " + ".join(names), kind,
               [field for name in names for field in EDITS[name]])


def body_last(field):
    """Postfix takes a new body only as the last of all edits."""
    return field.startswith("X-Milter: body")


def content(kind, case, fields):
    fields = sorted(fields, key=body_last)
    lines = [f"X-Case: {case}", *kind["headers"], *fields]
    lines = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return b"\n".join(lines) + b"\n\n" + kind["body"].encode()


class Submitter:
    def __init__(self):
        self._clients = {}

    def send(self, case, kind, fields):
        kind = KINDS[kind]
        sender, rcpts = kind.get("sender", "bob@example.com"), kind.get("rcpts", RCPTS)
        text = content(kind, case, fields)
        if kind.get("local"):
            instance.sendmail("alice", ["-i", "-f", sender, *rcpts], text)
            return
        port = kind.get("port", config.PORT_MILTER)
        if port not in self._clients:
            self._clients[port] = Client(port)
        self._clients[port].send(
            Message(sender, rcpts, text, smtputf8=kind.get("smtputf8", False)))

    def close(self):
        for client in self._clients.values():
            client.__exit__()


def fill(postfix, check, many):
    submitter = Submitter()
    cases = list(combinations(many))
    for case, kind, fields in cases:
        submitter.send(case, kind, fields)
    submitter.close()
    check.true(postfix.wait_rest(60), "the queue comes to rest")
    check.note(f"{len(cases)} messages, {len(set(case for case, _, _ in cases))} combinations")
    return [case for case, _, _ in cases]


def of_arguments(one):
    return "arguments" in one.case


def effect(one):
    """All that an edit could change."""
    return FIELDS.sub(b"", one.content), one.message["envelope_sender"], one.recipients(), \
        one.message["queue_name"]


def have_effect(shown, check):
    """A milter that does nothing would pass all the rest."""
    by_case = {one.case: one for one in shown.values()}
    nothing = effect(by_case["nothing"])
    for name in EDITS:
        if name != "nothing":
            check.true(effect(by_case[name]) != nothing, f"the edit '{name}' changes nothing")
    changed = sum(effect(by_case[f"{a} + {b}"]) not in (effect(by_case[a]), effect(by_case[b]))
                  for a, b in itertools.product(CORE, repeat=2) if a != b)
    check.true(changed > 80, f"only {changed} of the pairs are more than one of them")


def requeue(postfix, shown, check):
    """cleanup(8) writes what was edited anew: below its new Received field it is the same."""
    ids = sorted(shown)[::3]
    postfix.postsuper("-r", ids)
    check.true(postfix.wait_rest(60), "the queue comes to rest after the requeue")
    again = sent.look(postfix, check, "requeued", postfix.files().keys() - shown.keys(),
                      of_arguments)
    check.equal(len(again), len(ids), "messages requeued")
    before = {shown[queue_id].case: shown.pop(queue_id) for queue_id in ids}
    for queue_id, one in again.items():
        old = before[one.case]
        # A lone CR, which only a milter can bring in, cleanup(8) replaces by a blank.
        check.true(one.content.endswith(old.content.replace(b"\r", b" ")) and
                   b"from userid" in one.content[:-len(old.content)],
                   f"requeued: {queue_id} ({one.case}) is not what it was below its Received field")
        # The BCC maps are asked again, now of those too whom the milter added.
        check.equal(sorted(set(old.recipients()) - set(one.recipients())), [],
                    f"requeued: {one.case}: recipients lost")
    shown.update(again)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    many = options.parse_args().long
    check, taken = Check(), []
    settings = {**sent.WAITING, **BCC, "non_smtpd_milters": config.MILTER}
    with instance.Instance(**settings) as postfix, Milter(), Sink(config.SINK, keep=taken):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        cases = fill(postfix, check, many)
        shown = sent.look(postfix, check, "edited", attributes=of_arguments)
        sent.same_cases(shown, cases, check)
        check.note("as postcat and postqueue have them")
        have_effect(shown, check)
        requeue(postfix, shown, check)
        check.note(f"{len(shown)} are let go")
        sent.let_go(postfix, check)
        sent.arrived(shown.values(), taken, check)
        check.note(f"{len(taken)} deliveries compared")
        for what, seen in sent.notices(list(shown.values()), taken):
            check.true(seen, f"the comparison does not notice {what}")
    check.finish()


if __name__ == "__main__":
    main()
