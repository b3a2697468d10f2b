"""
The cases that capture.py records: how each comes into being, and what is odd about it.

A case is a function that is given a running Postfix with an empty queue.
"""

import os
import time

import config
import instance
import milter
from smtp import Client, Message, Recipient, Refused

CASES = {}


def case(name, about, rest=True, **settings):
    """Names a function that fills the queue; rest: wait until nothing moves."""
    def add(function):
        CASES[name] = (function, about, rest, settings)
        return function
    return add


def content(*headers, body="Hello,\n\nthis is the lab.\n"):
    lines = ["From: Bob <bob@example.com>", "To: undisclosed-recipients:;",
             "Subject: Invoice 4711", "Message-ID: <1.4711@origin.test>", *headers]
    return ("\n".join(lines) + "\n\n" + body).encode()


def send(sender, rcpts, *headers, port=config.PORT_SUBMIT, addr="203.0.113.77",
         name="bot.example.net", helo="friend", login="bob@example.com", body="Hello.\n",
         **options):
    with Client(port) as client:
        client.identity(addr, name, helo, login)
        client.send(Message(sender, rcpts, content(*headers, body=body), **options))


def sendmail(user, *arguments, headers=()):
    instance.sendmail(user, arguments, content(*headers))


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("what the case waits for does not come")
        time.sleep(0.05)


@case("plain", "From the trusted network, no login, a transport that is parked.")
def _(_postfix):
    send("news@example.org", ["anna@park.test"], addr="192.0.2.17", name="pc17.example.org",
         helo="pc17", login="")


@case("auth", "Authenticated; two recipients.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test", "ben@park.test"])


@case("auth-odd-login", "The login has a backslash, a space and an equals sign; no client name.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], login="LAB\\bob smith=x", name="[UNAVAILABLE]")


@case("auth-parameter", "AUTH= in MAIL FROM: sasl_sender beside sasl_username.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], auth="real+person@example.com")


@case("auth-header", "smtpd_sasl_authenticated_header: the login is in Received too.",
      smtpd_sasl_authenticated_header="yes")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"])


@case("auth-short-s", "A sender of three letters, shorter than a pointer record; without a "
                      "milter no padding follows it (see milter-none).")
def _(_postfix):
    send("a@b", ["c@park.test"])


@case("ipv6", "An IPv6 client, authenticated.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], addr="2001:db8:2::25")


@case("nullsender-inbound", "A null sender from outside: backscatter.")
def _(_postfix):
    send("", ["staff@inbound.test"], addr="198.51.100.9", login="")


@case("nullsender-bounce", "A bounce that this Postfix wrote and cannot deliver either.")
def _(_postfix):
    send("bob@busy.example.com", ["nobody@reject.example.net"])


@case("bounce-pending", "In active: one recipient refused, its bounce waits for the other one.",
      rest=False)
def _(postfix):
    send("bob@busy.example.com", ["nobody@reject.example.net", "anna@stall.test"])
    until(lambda: os.listdir(os.path.join(postfix.queue, "bounce")))


@case("local-uid", "By sendmail(1) as uid 3002, a web server with a script header.")
def _(_postfix):
    sendmail("webshop", "-i", "-f", "webshop@lab.test", "anna@park.test",
             headers=["X-PHP-Originating-Script: 3002:contact.php"])


@case("maildrop", "Submitted as uid 3001 while Postfix was stopped; T comes first, no C.",
      rest=False)
def _(postfix):
    postfix.stop()
    sendmail("alice", "-i", "-f", "alice@lab.test", "anna@park.test", "ben@park.test")


@case("sendmail-t", "sendmail -t: the recipients stand behind the content.")
def _(_postfix):
    sendmail("alice", "-i", "-t", headers=["Cc: anna@park.test", "Bcc: ben@park.test"])


@case("dsn", "DSN: ENVID, RET, NOTIFY and ORCPT.")
def _(_postfix):
    send("bob@example.com", [Recipient("anna@park.test", "SUCCESS,DELAY", "rfc822;a+b@example.com"),
                             Recipient("ben@park.test", "NEVER")], envid="env+id=4711", ret="HDRS")


@case("trace", "sendmail -v, in active: one recipient delivered, the report waits in a trace log "
               "for the other one.", rest=False)
def _(postfix):
    sendmail("alice", "-v", "-i", "-f", "alice@lab.test", "ok@delivered.test", "anna@stall.test")
    until(lambda: os.listdir(os.path.join(postfix.queue, "trace")))


@case("smtputf8", "Sender, recipients and subject in UTF-8; a reason in UTF-8.")
def _(_postfix):
    send("jürgen@bücher.example.com", ["пётр@park.test", "josé@umlaut.example.net"],
         "X-Note: Grüße", smtputf8=True)


@case("many-rcpts", "Twenty recipients, some delivered, some with one of three reasons.")
def _(_postfix):
    domains = ("full.example.net", "delivered.test", "busy.example.org", "park.test")
    send("bob@example.com", [f"user{n:02}@{domains[n % 4]}" for n in range(20)])


@case("part-done", "D records among the R records.")
def _(_postfix):
    send("bob@example.com", ["one@delivered.test", "two@full.example.net", "three@delivered.test"])


@case("quoted", "Local parts that need quotes, and reasons that name them.")
def _(_postfix):
    send("\"<>\\\\,;\"@a.test", ["\"two words\"@park.test", "\"a\\\"b\"@full.example.net",
                                 "\"\"@park.test", "\"x@y\"@busy.example.org", "a!b%c@park.test",
                                 "\".dot\"@park.test", "user@[192.0.2.9]"])


@case("alias", "A virtual alias of three: O records.")
def _(_postfix):
    send("bob@example.com", ["staff@inbound.test"], addr="198.51.100.9", login="")


@case("held", "Deferred first, with its defer log, then postsuper -h.")
def _(postfix):
    send("bob@example.com", ["anna@full.example.net"])
    postfix.wait_rest(20)
    postfix.postsuper("-h", postfix.files())


@case("held-on-arrival", "HOLD by a header check: never tried.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], "X-Lab: hold")


@case("expired", "postsuper -e: mode 0710, forced_expire true.")
def _(postfix):
    send("bob@example.com", ["anna@full.example.net"])
    postfix.wait_rest(20)
    postfix.postsuper("-e", postfix.files())


@case("deferred-4xx", "Four real 4xx texts, one of several lines with quotes and a backslash, "
                      "and a refused connection.")
def _(_postfix):
    send("bob@example.com", ["anna@multi.example.net", "ben@throttled.example.org",
                             "carl@greylist.example.com", "dora@noext.example.net",
                             "emil@refused.test"])


@case("long-ids", "enable_long_queue_ids.", enable_long_queue_ids="yes")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"])
    send("bob@example.com", ["ben@full.example.net"])


@case("requeued", "postsuper -r: T is kept, create_time is new, a second Received from the "
                  "uid of the mail owner; the defer log of the old id stays.")
def _(postfix):
    send("bob@example.com", ["anna@full.example.net"])
    postfix.wait_rest(20)
    postfix.postsuper("-r", postfix.files())
    time.sleep(2)


@case("requeued-local", "sendmail(1) as uid 3002, then postsuper -r: the first Received "
                        "names the uid of the mail owner, the next one the user's.")
def _(postfix):
    sendmail("webshop", "-i", "-f", "webshop@lab.test", "anna@park.test")
    postfix.wait_rest(20)
    postfix.postsuper("-r", postfix.files())
    time.sleep(2)


@case("filtered-xforward", "The copy behind a content filter that uses XFORWARD: the client is "
                           "known, the login is lost, log_ident is the first copy's id.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], port=config.PORT_XFORWARD_FILTER)


@case("filtered-header", "The same where smtpd writes the login into its Received field "
                         "(smtpd_sasl_authenticated_header): the copy still tells whose it is.",
      smtpd_sasl_authenticated_header="yes")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], port=config.PORT_XFORWARD_FILTER)


@case("filtered-plain", "The copy behind a content filter without XFORWARD: the client is "
                        "127.0.0.1.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], port=config.PORT_PLAIN_FILTER)


@case("filter-down", "The content filter does not answer: an L record in the envelope, and the "
                     "login still there.", transport_maps="inline:{inbound.test=park:}",
      default_filter_nexthop="", content_filter="park:[127.0.0.1]:10025")
def _(_postfix):
    send("bob@example.com", ["anna@example.net"])


@case("always-bcc", "always_bcc adds a recipient that was delivered.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], port=config.PORT_BCC)


@case("check-redirect", "REDIRECT by a header check: a > record behind the content.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test", "ben@park.test"], "X-Lab: redirect")


@case("check-filter", "FILTER by a header check: an L record behind the content.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], "X-Lab: filter")


@case("check-prepend", "PREPEND by a header check.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], "X-Lab: prepend")


@case("forward", "An alias sends a stranger's mail on: local(8) made the file, passes on what it was "
                 "told of the client, and puts a Received field and Delivered-To on top.",
      alias_maps="inline:{friends=outside@park.test}")
def _(_postfix):
    send("news@example.org", [f"friends@{config.HOSTNAME}"], addr="198.51.100.9", login="")


@case("forward-local", "An alias sends on what sendmail(1) handed in as uid 3001: its Received "
                       "field is below that of local(8).",
      alias_maps="inline:{friends=outside@park.test}")
def _(_postfix):
    sendmail("alice", "-i", "-f", "alice@lab.test", f"friends@{config.HOSTNAME}")


@case("probe", "In active, in delivery to servers that do not answer: a probe of verify(8), "
               "because smtpd(8) asks for a recipient, and one of sendmail -bv.", rest=False,
      smtpd_recipient_restrictions="reject_unverified_recipient", address_verify_poll_count="1",
      address_verify_poll_delay="1s")
def _(postfix):
    try:
        send("bob@example.com", ["asked@stall.test"])
    except Refused:
        pass  # Nobody has answered yet.
    sendmail("alice", "-i", "-f", "alice@lab.test", "-bv", "anna@stall.test")
    until(lambda: len(os.listdir(os.path.join(postfix.queue, "active"))) == 2)


@case("verp", "XVERP: a V record.")
def _(_postfix):
    send("list@example.com", ["anna@park.test", "ben@park.test"], verp="+=")


@case("long-lines", "A header of 9 kB in ten lines and a body line of 7000 bytes.")
def _(_postfix):
    send("bob@example.com", ["anna@park.test"], "X-Long: " + "\n ".join(["x" * 900] * 10),
         body="y" * 7000 + "\n.\n..\n\n")


@case("active", "One in active, in delivery to a server that does not answer, the next in "
                "incoming, because active is full; then Postfix was killed.",
      rest=False, qmgr_message_active_limit="1")
def _(postfix):
    send("bob@example.com", ["anna@stall.test", "ben@stall.test"])
    until(lambda: os.listdir(os.path.join(postfix.queue, "active")))
    send("bob@example.com", ["carl@stall.test"])
    time.sleep(0.5)


def milter_case(name, about, *wishes, sender="s@a.test"):
    @case(name, about)
    def _(_postfix):
        rcpts = ["anna@park.test", "ben@park.test", "carl@park.test"]
        fields = [field for name in wishes for field in milter.usual(rcpts)[name]]
        send(sender, rcpts, "X-Delete-Me: long enough to hold a pointer", *fields,
             port=config.PORT_MILTER)


milter_case("milter-none", "A milter that changes nothing: dummy pointers, padding after a "
                           "short sender.")
milter_case("milter-sender", "A milter changes the sender: S is in the heap behind E.", "sender")
milter_case("milter-rcpts", "A milter adds two recipients and deletes the first one.",
            "add-rcpt", "del-rcpt")
milter_case("milter-headers", "A milter adds, inserts, changes and deletes header fields.",
            "add-header", "insert-header", "change-header", "delete-header")
milter_case("milter-body", "A milter replaces the body by a longer one: C fields 1 and 5 differ.",
            "body")
milter_case("milter-quarantine", "A milter quarantines: hold.", "quarantine")
milter_case("milter-all", "A milter changes everything at once.", "sender", "add-rcpt", "del-rcpt",
            "add-header", "insert-header", "change-header", "delete-header", "body")


@case("milter-redirect", "A milter adds a header that milter_header_checks redirects: the > record "
                         "is in the heap, behind a pointer of the extracted segment.",
      milter_header_checks=f"regexp:{config.CONFIG}/header_checks")
def _(_postfix):
    send("s@a.test", ["anna@park.test", "ben@park.test"],
         milter.wish("add-header", "X-Lab", "redirect"), port=config.PORT_MILTER)
