"""
Puts mail of every kind into a real Postfix, and keeps the truth about each.

The truth is what was said while submitting: account, client address, HELO, uid.
It is keyed by Message-ID, the one name that survives a content filter and a
requeue. Everything is made from a seed, so a failure can be repeated.
"""

import random
import threading
from dataclasses import asdict, dataclass

import config
import instance
import milter
from replies import TEMPORARY
from smtp import Client, Message, Recipient

ACCOUNTS = ["bob@example.com", "carol@example.org", "LAB\\dave", "erin.o'neil+x@Example.NET",
            "frank smith", "grace"]
HELOS = ["friend", "[203.0.113.77]", "mail.example.net", "WIN-4C2KQ", "localhost.localdomain"]
SENDERS = ["bob@example.com", "news@shop.example.org", "\"j doe\"@example.com",
           "bounce+4711=x=y@list.example.net", "o'neil@example.org"]
# Domains with a route of their own (config.TRANSPORT); the sink answers all others.
ROUTED = ("park", "refused", "stall")
SUBJECTS = ["Invoice 4711", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Re: your order",
            "=?ISO-8859-1?B?5OT8?= and plain", "You won", ""]


@dataclass
class Origin:
    """Who handed a message in. None: the queue file says nothing about it."""

    account: str = None
    client_ip: str = None
    client_name: str = None
    helo: str = None
    protocol: str = None
    uid: int = None


@dataclass
class Truth:
    kind: str
    message_id: str
    subject: str
    origin: Origin


class Injector:
    def __init__(self, seed=1):
        self.random = random.Random(seed)
        self.truth = {}
        self._lock = threading.Lock()

    # --- what a message is made of -------------------------------------------------

    def letter(self, kind, origin, headers=(), body="Hello,\n\nthis is the lab.\n"):
        """Content with a Message-ID of its own; its truth is noted."""
        with self._lock:
            number = len(self.truth)
            message_id = f"<{kind}.{number}@origin.test>"
            subject = self.random.choice(SUBJECTS)
            self.truth[message_id] = Truth(kind, message_id, subject, origin)
        lines = [f"From: Lab <{kind}@origin.test>", f"Subject: {subject}",
                 f"Message-ID: {message_id}", "Date: Sun, 22 Nov 2026 03:07:00 +0000", *headers]
        return ("\n".join(lines) + "\n\n" + body).encode()

    def rcpts(self, count, *keys):
        """count recipients nobody else has, at domains treated as the keys say."""
        return [f"u{self.random.getrandbits(40):x}@{self._domain(self.random.choice(keys))}"
                for _ in range(count)]

    def _domain(self, key):
        if key in ROUTED:
            return self.random.choice((f"{key}.test", f"mx.{key}.test"))
        return f"{key}.{self.random.choice(('example.net', 'example.org', 'dest.test'))}"

    def client(self, network, **known):
        """An SMTP client somewhere in a network: "203.0.113.", "2001:db8:2::"."""
        host = self.random.randint(1, 120)
        named = self.random.random() < 0.5
        return Origin(client_ip=f"{network}{host}",
                      client_name=f"host{host}.example.net" if named else None,
                      helo=self.random.choice(HELOS), protocol="ESMTP", **known)

    def smtp(self, connection, origin, message):
        connection.identity(origin.client_ip, origin.client_name or "[UNAVAILABLE]",
                            origin.helo, origin.account or "", origin.protocol)
        return connection.send(message)

    # --- kinds over SMTP: each returns (origin, message, port) -----------------------

    def plain(self, kind, origin, rcpts, headers=(), port=config.PORT_SUBMIT, sender=None,
              **options):
        sender = self.random.choice(SENDERS) if sender is None else sender
        return origin, Message(sender, rcpts, self.letter(kind, origin, headers), **options), port

    def account(self, **known):
        return self.client("203.0.113.", account=self.random.choice(ACCOUNTS), **known)

    def kind_auth(self):
        return self.plain("auth", self.account(), self.rcpts(1, "park"))

    def kind_auth_deferred(self):
        return self.plain("auth-deferred", self.account(),
                          self.rcpts(self.random.randint(1, 4), *TEMPORARY, "refused"))

    def kind_auth_ipv6(self):
        origin = self.client("2001:db8:2::", account=self.random.choice(ACCOUNTS))
        return self.plain("auth-ipv6", origin, self.rcpts(1, "park", *TEMPORARY))

    def kind_relay(self):
        return self.plain("relay", self.client("198.51.100."), self.rcpts(1, *TEMPORARY))

    def kind_lan(self):
        return self.plain("lan", self.client("192.0.2."), self.rcpts(2, "park", *TEMPORARY))

    def kind_inbound(self):
        origin = self.client("203.0.113.")
        return self.plain("inbound", origin, ["staff@inbound.test"])

    def kind_helo_only(self):
        origin = self.client("192.0.2.")
        origin.protocol = "SMTP"
        return self.plain("helo-only", origin, self.rcpts(1, "park"))

    def kind_null(self):
        return self.plain("null", self.client("198.51.100."), self.rcpts(1, *TEMPORARY), sender="")

    def kind_bounced(self):
        """Its bounce stays in the queue: the sender's own domain is busy."""
        return self.plain("bounced", self.account(), self.rcpts(1, "reject", "spam"),
                          sender="sender@busy.example.com")

    def kind_part_done(self):
        """Some recipients delivered, some waiting: D records among the R."""
        rcpts = self.rcpts(2, "ok") + self.rcpts(2, "full", "greylist") + self.rcpts(1, "ok")
        return self.plain("part-done", self.account(), rcpts)

    def kind_utf8(self):
        return self.plain("utf8", self.account(), ["пётр@почта.park.test", "josé@park.test"],
                          sender="jürgen@bücher.example.com", smtputf8=True)

    def kind_quoted(self):
        rcpts = ["\"two words\"@park.test", "\"a\\\"b\"@full.example.net", "\"\"@park.test",
                 "\"x@y\"@busy.example.org", "\".dot\"@park.test", "a!b%c@park.test",
                 "user@[192.0.2.9]"]
        return self.plain("quoted", self.client("192.0.2."), rcpts, sender="\"<>\\\\,;\"@a.test")

    def kind_dsn(self):
        address = self.rcpts(1, "park", "full")[0]
        rcpts = [Recipient(address, "SUCCESS,FAILURE,DELAY", f"rfc822;first+{address}"),
                 Recipient(self.rcpts(1, "park")[0], "NEVER")]
        return self.plain("dsn", self.account(), rcpts, envid="env=id+4711 <x>", ret="HDRS")

    def kind_verp(self):
        return self.plain("verp", self.client("192.0.2."), self.rcpts(5, "park"), verp="+=")

    def kind_auth_parameter(self):
        return self.plain("auth-parameter", self.account(), self.rcpts(1, "park"),
                          auth="real.person@example.com")

    def kind_bcc(self):
        return self.plain("bcc", self.account(), self.rcpts(1, *TEMPORARY),
                          port=config.PORT_BCC)

    def kind_filtered(self):
        """Behind a filter with XFORWARD: all known but the account."""
        return self.plain("filtered", self.account(), self.rcpts(1, "park", *TEMPORARY),
                          port=config.PORT_XFORWARD_FILTER)

    def kind_filtered_blind(self):
        """Behind a filter without XFORWARD."""
        return self.plain("filtered-blind", self.account(), self.rcpts(1, "park", *TEMPORARY),
                          port=config.PORT_PLAIN_FILTER)

    def kind_header_check(self):
        action = self.random.choice(("hold", "redirect", "filter", "prepend"))
        return self.plain("header-check", self.account(), self.rcpts(2, "park"),
                          headers=[f"X-Lab: {action}"])

    def kind_milter(self):
        wishes = self.random.sample(("sender", "add-rcpt", "del-rcpt", "add-header", "body",
                                     "change-header", "insert-header", "delete-header"), 3)
        return self.milter(wishes)

    def milter(self, wishes, rcpts=None):
        rcpts = rcpts or self.rcpts(3, "park")
        usual = milter.usual(rcpts)
        headers = ["X-Delete-Me: please, this one is long enough to hold a pointer",
                   *[field for name in wishes for field in usual[name]]]
        origin, message, port = self.plain("milter", self.account(), rcpts, headers,
                                           config.PORT_MILTER, sender="s@a.test")
        if "change-header" in wishes:
            self._subject(message, "a subject the milter wrote")
        return origin, message, port

    def kind_long_lines(self):
        origin = self.account()
        headers = ["X-Long: " + "\n ".join(["x" * 900] * 10), "X-Empty:"]
        content = self.letter("long-lines", origin, headers, "y" * 7000 + "\n.\n..\n\n")
        return origin, Message("bob@example.com", self.rcpts(1, "park"), content), \
            config.PORT_SUBMIT

    def kind_thousand(self):
        """A thousand recipients, the most smtpd takes."""
        rcpts = self.rcpts(500, "busy", "full") + self.rcpts(500, "park")
        return self.plain("thousand", self.account(), rcpts)

    def kind_stalled(self):
        """Goes active and stays there: the sink never says a word."""
        rcpts = self.rcpts(self.random.randint(1, 3), "stall")
        return self.plain("stalled", self.account(), rcpts)

    def _subject(self, message, subject):
        for truth in self.truth.values():
            if truth.message_id.encode() in message.content:
                truth.subject = subject

    # --- kinds by sendmail(1) --------------------------------------------------------

    def local(self, user):
        origin = Origin(uid=config.LOCAL_USERS[user])
        script = ["X-PHP-Originating-Script: 3002:contact.php"] if user == "webshop" else []
        content = self.letter("local", origin, script)
        arguments = ["-i", "-f", f"{user}@lab.test", *self.rcpts(1, "park", "full")]
        instance.sendmail(user, arguments, content)

    def local_from_header(self, user):
        """sendmail -t: the recipients stand behind the content."""
        origin = Origin(uid=config.LOCAL_USERS[user])
        to, bcc = self.rcpts(2, "park", "busy")
        headers = [f"To: {to}", f"Bcc: {bcc}"]
        instance.sendmail(user, ["-i", "-t"], self.letter("local-t", origin, headers))


def inject(injector, jobs, threads=4):
    """
    Sends the SMTP jobs, (origin, message, port) each, over several connections.
    The first error ends it and is raised here.
    """
    failures = []

    def work(mine):
        connections = {}
        try:
            for origin, message, port in mine:
                if port not in connections:
                    connections[port] = Client(port)
                injector.smtp(connections[port], origin, message)
        except Exception as error:  # noqa: BLE001 (it is raised in the caller's thread)
            failures.append(error)
        finally:
            for connection in connections.values():
                connection.__exit__()

    workers = [threading.Thread(target=work, args=(jobs[n::threads],)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


# How many of each kind make up a hundred messages; the rest is plain "auth".
SHARES = {
    "auth_deferred": 20, "auth_ipv6": 6, "relay": 8, "lan": 6, "inbound": 4, "helo_only": 2,
    "null": 5, "bounced": 4, "part_done": 5, "utf8": 3, "quoted": 2, "dsn": 5, "verp": 1,
    "auth_parameter": 1, "bcc": 4, "filtered": 5, "filtered_blind": 3, "header_check": 4,
    "milter": 5, "long_lines": 1,
}


def mixed_jobs(injector, count):
    """count SMTP jobs of all kinds, shuffled."""
    names = [name for name, share in SHARES.items() for _ in range(count * share // 100)]
    names += ["auth"] * (count - len(names))
    injector.random.shuffle(names)
    return [getattr(injector, "kind_" + name)() for name in names]


def truth_lines(injector):
    """The truth as plain dictionaries, for a file."""
    return [asdict(truth) for truth in injector.truth.values()]
