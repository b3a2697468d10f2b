"""
What Postfix itself makes of messages: header checks, BCC maps, requeues, aliases and
.forward files, filters and redirects, probes.

As in milter_test.py what we show equals what postcat and postqueue show, and then what
a sink gets, to whom it is sent and from whom. And `show` says in words where a message
goes, and whose it is.
"""

import os
import time

import config
import instance
import sent
import tool
from check import Check
from milter import Milter, wish
from sink import Sink
from smtp import Client, Message, Refused

CHECKS = f"{config.CONFIG}/route_checks"
TO_SINK = f"smtp:[127.0.0.1]:{config.SINK}"
HEADER_CHECKS = f"""
/^X-Check: prepend/     PREPEND X-Prepended: by a check
/^X-Check: replace/     REPLACE X-Check: by a check, and longer than the line that was there
/^X-Check: long/        PREPEND X-Prepended: {"v" * 1500}
/^X-Check: ignore/      IGNORE
/^X-Check: hold/        HOLD by a check
/^X-Check: bcc/         BCC checked@bcc.test
/^X-Check: redirect/    REDIRECT caught@redirected.test
/^X-Check: again/       REDIRECT never@redirected.test
/^X-Check: filter/      FILTER {TO_SINK}
/^X-Milter-Says: redirect/ REDIRECT caught@redirected.test
/^X-Milter-Says: filter/   FILTER {TO_SINK}
/^X-Milter-Says: hold/     HOLD
/^replace this line/    REPLACE by a line that is longer than what was there before
/^prepend to this/      PREPEND a line of a check
"""
HOME = "/home/alice"
SETTINGS = {
    **sent.WAITING,
    # What is for this host is local(8)'s; only probes leave at once, for a server that stalls.
    "transport_maps": f"inline:{{{config.HOSTNAME}=local:, probe.test=plain:[127.0.0.1]:"
                      f"{config.SINK_STALL}, *={TO_SINK}}}",
    "header_checks": f"regexp:{CHECKS}",
    "body_checks": f"regexp:{CHECKS}",
    "milter_header_checks": f"regexp:{CHECKS}",
    "sender_bcc_maps": "inline:{audited@example.com=sent@bcc.test}",
    "recipient_bcc_maps": "inline:{watched@park.test=got@bcc.test}",
    "alias_maps": "inline:{friends=outside@forward.test, list=one@forward.test, "
                  "owner-list=owner@forward.test}",
    "smtpd_recipient_restrictions":
        "check_recipient_access inline:{asked@probe.test=reject_unverified_recipient}",
    "address_verify_poll_count": "1",
    "address_verify_poll_delay": "1s",
}
OUTSIDE = {"addr": "198.51.100.9", "name": "mx.example.net", "helo": "mx.example.net"}
LOGIN = {**OUTSIDE, "login": "bob@example.com"}


class Route:
    """What was sent, and what show must say of it: {case: [text, ...]}."""

    def __init__(self):
        self.wanted = {}

    def text(self, case, headers, body, wanted):
        self.wanted[case] = wanted
        lines = [f"X-Case: {case}", "From: Bob <bob@example.com>", "Subject: Grüße",
                 *[f"X-Check: {what}" for what in headers if not what.startswith("X-")],
                 *[what for what in headers if what.startswith("X-")], "X-Last: one"]
        return ("\n".join(lines) + "\n\n" + body).encode()

    def smtp(self, case, headers=(), rcpts=("anna@park.test", "ben@park.test"), wanted=(),
             port=config.PORT_MILTER, sender="bob@example.com", body="Hello.\n", identity=LOGIN,
             **options):
        text = self.text(case, headers, body, wanted)
        with Client(port) as client:
            client.identity(**identity)
            client.send(Message(sender, list(rcpts), text, **options))

    def local(self, case, arguments, headers=(), wanted=()):
        instance.sendmail("alice", ["-i", *arguments], self.text(case, headers, "Hello.\n", wanted))


def fill(route):
    account = ("account        bob@example.com   [queue]", "origin         account")
    here = f"@{config.HOSTNAME}"
    for what in ("prepend", "replace", "long", "ignore", "hold", "bcc"):
        route.smtp(what, [what])
    route.smtp("prepend and replace", ["prepend", "replace", "long", "prepend"])
    route.smtp("redirect", ["redirect"], wanted=["redirected to  caught@redirected.test"])
    # A redirect is the last check, and no milter is asked any more.
    route.smtp("redirect, then a second one and a milter",
               ["redirect", "again", wish("sender", "<never@changed.test>")],
               wanted=["redirected to  caught@redirected.test", "sender         bob@example.com"])
    route.smtp("filter", ["filter"], wanted=[f"filter         {TO_SINK}", "gets it first"])
    route.smtp("filter and redirect", ["filter", "redirect", "bcc"],
               wanted=["redirected to  caught@redirected.test", f"filter         {TO_SINK}",
                       "is passed over"])
    route.smtp("body checks", body="replace this line\nprepend to this\nand not this\n")
    for what, wanted in {"redirect": ["redirected to  caught@redirected.test"], "hold": [],
                         "filter": [f"filter         {TO_SINK}"]}.items():
        route.smtp(f"checked what a milter added: {what}",
                   [wish("add-header", "X-Milter-Says", what), wish("sender", "<m@changed.test>")],
                   wanted=wanted)
    route.smtp("always_bcc", port=config.PORT_BCC, wanted=["archive@bcc.test"])
    route.smtp("BCC maps", sender="audited@example.com",
               rcpts=["anna@park.test", "watched@park.test"])
    route.smtp("DSN options", envid="env+id=1", ret="HDRS")
    route.smtp("DSN options, and a milter's", [wish("sender", "<m@changed.test>", "RET=FULL")],
               envid="env+id=1", ret="HDRS")
    route.smtp("alias of many, with a login", rcpts=["staff@inbound.test"], wanted=account)
    route.smtp("8 bit", ["X-Raw: Grüße"], body="Grüße\n")
    route.smtp("SMTPUTF8", ["X-Note: Grüße"], ["пётр@park.test"], sender="jürgen@bücher.example",
               smtputf8=True)
    route.smtp("alias to the outside, with a login", rcpts=["friends" + here], wanted=account)
    # The same client and sender as bob's mail, but nobody's login: it must not be taken for his.
    route.smtp("alias to the outside, a stranger's", rcpts=["friends" + here], identity=OUTSIDE,
               wanted=["origin         forward", f"was friends{here}",
                       "account        none recorded"])
    route.smtp("alias with an owner", rcpts=["list" + here], wanted=["sender         owner-list@"])
    route.smtp(".forward, of a milter's sender", [wish("sender", "<m@changed.test>")],
               ["alice" + here], wanted=account)
    route.smtp(".forward, with long lines", rcpts=["alice" + here], body="y" * 7000 + "\n.\n..\n")
    route.local("alias to the outside, from here", ["-f", "alice@lab.test", "friends" + here],
                wanted=["origin         local", "(alice)"])
    route.local("by sendmail -t", ["-t"], ["X-Sent: with -t\nTo: anna@park.test\n"
                                           "Bcc: hidden@park.test"])


def prepare(postfix):
    with open(CHECKS, "w") as file:
        file.write(HEADER_CHECKS)
    os.makedirs(HOME, exist_ok=True)
    with open(f"{HOME}/.forward", "w") as file:
        file.write("outside@forward.test\n")
    os.chown(HOME, config.LOCAL_USERS["alice"], -1)
    os.chown(f"{HOME}/.forward", config.LOCAL_USERS["alice"], -1)


def says(postfix, route, shown, check, when):
    for queue_id, one in shown.items():
        text = sent.show(postfix, queue_id).decode()
        for words in route.wanted[one.case]:
            check.true(words in text,
                       f"{when}: show of '{one.case}' does not say '{words}':\n{text}")
        for label in ("redirected to ", "filter   ", "probe   "):
            if not any(words.startswith(label) for words in route.wanted[one.case]):
                check.true(f"  {label}" not in text, f"{when}: show of '{one.case}' says {label}")


def requeue(postfix, route, shown, check):
    """The checks run again, but not those of what a milter added; whose it is stays."""
    ids = sorted(queue_id for queue_id, one in shown.items() if "added" not in one.case)
    postfix.postsuper("-r", ids)
    check.true(postfix.wait_rest(60), "the queue comes to rest after the requeue")
    again = sent.look(postfix, check, "requeued", postfix.files().keys() - shown.keys())
    check.equal(len(again), len(ids), "messages requeued")
    for queue_id in ids:
        del shown[queue_id]
    says(postfix, route, again, check, "requeued")
    shown.update(again)


def probe(postfix, check):
    """While smtpd(8) asks the recipient's server, which stalls, the probe lies in active."""
    with Client(config.PORT_SUBMIT) as client:
        client.identity(**OUTSIDE)
        try:
            client.send(Message("bob@example.com", ["asked@probe.test"], b"X: y\n\nz\n"))
            check.true(False, "a recipient that nobody answers for is taken")
        except Refused:
            pass
    instance.sendmail("alice", ["-i", "-f", "alice@lab.test", "-bv", "other@probe.test"], b"\n")
    until = time.monotonic() + 20
    while len(postfix.files()) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    found = sent.look(postfix, check, "probes")
    check.equal(len(found), 2, "probes in the queue")
    for queue_id, one in found.items():
        text = sent.show(postfix, queue_id).decode()
        ours = one.message["recipients"][0]["address"] == "asked@probe.test"
        check.equal(one.message["origin"], "dsn" if ours else "local", "origin of a probe")
        check.equal(one.message["account"], None, "account of a probe")
        words = "probe          of the MTA" if ours else "probe          of a user"
        check.true(words in text, f"show of a probe does not say '{words}':\n{text}")


def main():
    check, taken, route = Check(), [], Route()
    with instance.Instance(**SETTINGS) as postfix, Milter(), Sink(config.SINK, keep=taken), \
            Sink(config.SINK_STALL, stall=True):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        prepare(postfix)
        fill(route)
        check.true(postfix.wait_rest(60), "the queue comes to rest")
        shown = sent.look(postfix, check, "queued")
        sent.same_cases(shown, route.wanted, check)
        says(postfix, route, shown, check, "queued")
        check.note(f"{len(shown)} messages as postcat and postqueue have them")
        requeue(postfix, route, shown, check)
        sent.let_go(postfix, check)
        sent.arrived(shown.values(), taken, check)
        check.note(f"{len(taken)} deliveries compared")
        probe(postfix, check)
    check.finish()


if __name__ == "__main__":
    main()
