"""
Incidents as they happen to a mail server, and the ordinary mail of its site beside them.

A scene is what was sent, message by message, with the truth about each: who handed it in, how
it entered, and whether it is part of the incident. Where mail goes is decided by the first
label of the recipient's domain (testdata/lab/replies.py and SETTINGS below), so that the queue
fills with what real servers would have left in it. Everything is made from a seed.
"""

import random
import threading
from dataclasses import dataclass, field

import config
import instance
from inject import Origin
from smtp import Client, Message, queued_as

# Ours: mail to it is parked, as if the mailbox server were down; what is below reject. is refused
# by that server, and so bounced by this one.
OURS = "example.com"
# Nobody answers there; not on 127.0.0.1, where a failure is our own.
NOBODY = "203.0.113.250"
# Whom we relay for, whatever they write to: the lab's open relay (config.RELAY_CLIENTS).
RELAY_NET = "198.51.100"
SETTINGS = {
    "mynetworks": "127.0.0.0/8 [::1]/128 10.0.0.0/8",
    "relay_domains": f"{OURS} inbound.test",
    "transport_maps": f"inline:{{{OURS}=park:, inbound.test=park:, park.test=park:, "
                      f"down.test=smtp:[{NOBODY}]}}",
    "parent_domain_matches_subdomains": "relay_domains",
}
BOB = f"bob@{OURS}"
BOBS_ADDRESS = "203.0.113.21"
THREE = (BOB, f"o'neil@{OURS}", "CORP\\dave")  # logins
WORDS = ("offer price order list account notice delivery meeting plan draft budget sample visit "
         "form answer question repair garden office travel harbour winter paper letter").split()


@dataclass
class Mail:
    origin: Origin
    entry: str  # what spoolsweep is to call its origin
    sender: str
    rcpts: list
    subject: str = "hello"
    size: int = 2000
    headers: list = field(default_factory=list)
    message_id: str = None
    guilty: bool = False
    queue_id: str = None  # once it is sent


class Maker:
    """Makes mail from a seed; the numbers of one scene are its own."""

    def __init__(self, scene, seed=1):
        self.scene = scene
        self.random = random.Random(f"{scene}.{seed}")
        self.count = 0

    def words(self, count):
        return " ".join(self.random.choice(WORDS) for _ in range(count))

    def stranger(self, *keys):
        """An address outside that nobody else writes to."""
        key = self.random.choice(keys)
        return f"u{self.random.getrandbits(40):x}@{key}.d{self.random.randrange(40)}.example.net"

    def contact(self, *keys):
        """One of the thirty people whom the site knows."""
        number = self.random.randrange(30)
        return f"contact{number}@{keys[number % len(keys)]}.firm{number % 8}.example.org"

    def mail(self, origin, entry, sender, rcpts, **known):
        self.count += 1
        known.setdefault("message_id", f"<{self.scene}.{self.count}@mail.example.net>")
        return Mail(origin, entry, sender, rcpts, **known)

    def login(self, account, address, sender, rcpts, helo="[192.168.1.5]", **known):
        return self.mail(Origin(account=account, client_ip=address, helo=helo, protocol="ESMTP"),
                         "account", sender, rcpts, **known)

    def usual(self, account, address, count):
        """What the owner of a login writes."""
        sender = account if "@" in account else account.rpartition("\\")[2] + "@" + OURS
        return [self.login(account, address, sender, [self.contact("greylist", "busy", "full")],
                           subject=f"Re: {self.words(3)}",
                           size=self.random.randrange(800, 20000)) for _ in range(count)]

    def bot(self):
        """An address in one of five networks of sixteen bits."""
        net = self.random.choice(("198.18.", "198.19.", "198.51.", "203.0.", "192.0."))
        if net in ("198.18.", "198.19."):
            return f"{net}{self.random.randrange(8)}.{self.random.randrange(1, 250)}"
        third = {"198.51.": "100", "203.0.": "113", "192.0.": "2"}[net]
        return f"{net}{third}.{self.random.randrange(130, 250)}"

    def forged(self, number):
        return f"{self.random.choice(WORDS)}{number}@{self.random.choice(WORDS)}.example.org"


def background(count):
    """A decent day: forty logins, machines of the site, mail to the site."""
    make, mails = Maker("background"), []
    for number in range(count * 7 // 10):
        who = number % 40
        account = f"user{who}@{OURS}"
        mails += make.usual(account, f"203.0.113.{60 + who}", 1)
        if number % 9 == 0:
            mails[-1].rcpts = [f"user{(who + 1) % 40}@{OURS}"]
    for number in range(count // 10):
        mails.append(make.mail(Origin(client_ip="10.0.1.9", helo="erp.corp.test",
                                      protocol="ESMTP"), "lan", f"erp@{OURS}",
                               [make.contact("greylist", "busy", "full")],
                               subject=f"Order {number * 17} {make.words(2)}",
                               size=make.random.randrange(2000, 40000)))
    for number in range(count // 10):
        mails.append(make.mail(Origin(client_ip=f"192.0.2.{10 + number % 90}",
                                      helo=f"mx{number}.example.net", protocol="ESMTP"),
                               "inbound", f"someone{number}@{make.words(1)}.example.net",
                               [f"user{number % 40}@{OURS}"], subject=make.words(4),
                               size=make.random.randrange(1000, 30000)))
    for number in range(count // 10):
        mails.append(make.mail(Origin(uid=config.LOCAL_USERS["alice"]), "local",
                               f"alice@{OURS}", [make.contact("greylist", "busy")],
                               subject=f"report {number} {make.words(2)}",
                               size=make.random.randrange(500, 3000)))
    return mails


def stolen_one_address(make, count):
    """01: one login, one address, many recipients each, no Message-ID, a stranger's sender."""
    rcpts = 20
    mails = [make.login(BOB, "198.18.5.7", "k.grath@upper.example.org",
                        [make.stranger("listed", "listed", "spam", "busy", "throttled")
                         for _ in range(rcpts)], helo="WIN-4TTI4DH7SGH",
                        subject="Your mailbox is full", size=2636 + 10 * (number % 2),
                        message_id=None, guilty=True) for number in range(count // 5)]
    return mails + make.usual(BOB, BOBS_ADDRESS, 4)


def stolen_botnet(make, count):
    """02: sixty addresses, one recipient each, the sender is the login."""
    bots = [make.bot() for _ in range(60)]
    templates = [make.words(4) for _ in range(5)]
    mails = [make.login(BOB, bots[number % 60], BOB,
                        [make.stranger(*["reject"] * 2, *["listed"] * 3, "busy", "throttled",
                                       "reputation")], helo=f"[{bots[number % 60]}]",
                        subject=f"{templates[number % 5]} {number}",
                        size=3000 + number % 5 * 150 + make.random.randrange(60), guilty=True)
             for number in range(count)]
    return mails + make.usual(BOB, BOBS_ADDRESS, 6)


def stolen_three_logins(make, count):
    """04: three logins with odd names, the same eight addresses, the same campaign."""
    bots = [make.bot() for _ in range(8)]
    mails = [make.login(THREE[number % 3], bots[number // 3 % 8],
                        f"service@{make.words(1)}.example.org",
                        [make.stranger("listed", "listed", "busy", "reputation")],
                        helo="User", subject=f"Urgent: confirm your {number % 4}. order",
                        size=4100 + make.random.randrange(40), guilty=True)
             for number in range(count)]
    return mails + [one for login in THREE for one in make.usual(login, BOBS_ADDRESS, 2)]


def stolen_rotating_senders(make, count):
    """06: one login, hundreds of forged senders."""
    bots = [make.bot() for _ in range(12)]
    mails = [make.login(BOB, bots[number % 12], make.forged(number),
                        [make.stranger("listed", "busy", "throttled")], helo="ylmf-pc",
                        subject=f"{make.words(2)} for you", size=2500 + number % 9 * 100,
                        guilty=True) for number in range(count)]
    return mails + make.usual(BOB, BOBS_ADDRESS, 4)


def open_relay(make, count):
    """10: strangers of one network, thirty recipients each, none of them ours."""
    return [make.mail(Origin(client_ip=f"{RELAY_NET}.{1 + number % 30}", helo="User",
                             protocol="ESMTP"), "relay", make.forged(number % 50),
                      [make.stranger("listed", "busy", "throttled", "reputation")
                       for _ in range(10)], subject="Cheap watches",
                      size=1800 + number % 7 * 20, guilty=True) for number in range(count // 3)]


def infected_host(make, count):
    """14: a machine of ours without a login, hundreds of forged senders."""
    return [make.mail(Origin(client_ip="10.0.4.23", helo=f"{make.random.getrandbits(32):x}",
                             protocol="ESMTP"), "lan", make.forged(number),
                      [make.stranger("listed", "busy", "throttled")],
                      subject=f"{make.words(2)} {number}", size=3300 + number % 5 * 10,
                      guilty=True) for number in range(count)]


def hacked_script(make, count):
    """
    18: a mailer in the uploads of a shop, in the names of others. Honest mail of a library is
    another user's: one that has such mail too is not to be shut out.
    """
    uid, other = config.LOCAL_USERS["webshop"], config.LOCAL_USERS["alice"]
    mails = [make.mail(Origin(uid=uid), "local", f"info@{WORDS[number % 20]}.example.org",
                       [make.stranger("listed", "busy", "throttled")],
                       subject="Your parcel is waiting", size=2900 + number % 3 * 10,
                       headers=[f"X-PHP-Originating-Script: {uid}:leafmailer2.8.php"],
                       guilty=True) for number in range(count // 2)]
    mails += [make.mail(Origin(uid=other), "local", f"shop@{OURS}", [make.contact("greylist")],
                        subject=f"Order {number}", size=5000 + number * 97,
                        headers=[f"X-PHP-Originating-Script: {other}:class-phpmailer.php"])
              for number in range(4)]
    return mails


def backscatter(make, count):
    """
    22: mail to invented users of ours, bounced to forged senders whose servers are off. What
    is sent here leaves the queue at once; the bounces that Postfix writes are the incident.
    """
    return [make.mail(Origin(client_ip=make.bot(), helo="friend", protocol="ESMTP"), "inbound",
                      f"forged{number}@down.test",
                      [f"{make.words(1)}{number}@reject.{OURS}"], subject=make.words(3),
                      size=2000 + make.random.randrange(4000)) for number in range(count * 2)]


def destination_down(make, count):
    """32: many logins write to one domain, and nobody answers there."""
    return [make.login(f"user{number % 40}@{OURS}", f"203.0.113.{60 + number % 40}",
                       f"user{number % 40}@{OURS}", [f"person{number % 90}@down.test"],
                       subject=f"Re: {make.words(3)}", size=make.random.randrange(900, 15000),
                       guilty=True) for number in range(count)]


def mail_loop(make, count):
    """35: an answering machine and a ticket system answer each other."""
    mails = []
    for number in range(count // 2):
        hops = [f"Received: from tickets.corp.test (tickets.corp.test [10.0.1.11])\n"
                f"\tby mx1.lab.test (Postfix) with ESMTP id {hop:03X}\n"
                f"\tfor <tickets@{OURS}>; Sun, 22 Nov 2026 03:00:{hop:02d} +0000"
                for hop in range(18 + number % 9)]
        mails.append(make.mail(Origin(client_ip="10.0.1.11", helo="tickets.corp.test",
                                      protocol="ESMTP"), "lan", f"tickets@{OURS}",
                               ["vacation@busy.partner.example.org"],
                               subject="Re: Re: Re: out of office",
                               headers=[*hops, "Auto-Submitted: auto-replied"],
                               message_id=f"<ticket.{number // 38}@tickets.corp.test>",
                               size=1500 + number % 20, guilty=True))
    return mails


def content(mail):
    """The message as bytes: headers, then text up to its size."""
    lines = [*mail.headers, f"From: <{mail.sender}>", f"To: <{mail.rcpts[0]}>",
             f"Subject: {mail.subject}", "Date: Sun, 22 Nov 2026 03:07:00 +0000"]
    if mail.message_id:
        lines.append(f"Message-ID: {mail.message_id}")
    head = "\n".join(lines) + "\n\n"
    text = (mail.subject + " and more of it\n") * (mail.size // 10)
    return (head + text[:max(mail.size - len(head), 10)] + "\n").encode()


def _deliver(mails):
    """Over one connection, in an order that changes the client as rarely as can be."""
    with Client(config.PORT_SUBMIT) as client:
        known = None
        for mail in mails:
            origin = mail.origin
            if origin != known:
                client.identity(origin.client_ip, "[UNAVAILABLE]", origin.helo,
                                origin.account or "", origin.protocol)
                known = origin
            mail.queue_id = queued_as(client.send(Message(mail.sender, mail.rcpts,
                                                          content(mail))))


def _submit(mails):
    names = {uid: name for name, uid in config.LOCAL_USERS.items()}
    for mail in mails:
        instance.sendmail(names[mail.origin.uid], ["-i", "-f", mail.sender, "--", *mail.rcpts],
                          content(mail))


def send(mails, threads=4):
    """All of them, several at a time; the first error is raised here."""
    failures = []

    def work(deliver, mine):
        try:
            if mine:
                deliver(mine)
        except Exception as error:  # noqa: BLE001 (raised below)
            failures.append(error)

    remote = sorted((mail for mail in mails if mail.origin.uid is None),
                    key=lambda mail: (mail.origin.client_ip, mail.origin.account or ""))
    local = [mail for mail in mails if mail.origin.uid is not None]
    share = len(remote) // threads + 1
    workers = [threading.Thread(target=work, args=(_deliver, remote[at:at + share]))
               for at in range(0, len(remote), share)]
    workers += [threading.Thread(target=work, args=(_submit, local[at::2])) for at in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
