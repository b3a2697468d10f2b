"""
Mail for the test of actions: what keeps a server busy while its queue is changed.

A hijacked login, other logins, plain mail and `sendmail -v`, from several clients.
What becomes of a recipient is decided by its domain: taken at once, taken after a
while (slow), refused for now (flaky, until the sink is told to take everything),
parked, refused for good (reject). Whatever was accepted is in `mails`.
"""

import itertools
import random
import threading
import time
from dataclasses import dataclass

import config
import instance
from replies import REPLIES, domain_of
from smtp import Client, Message, Pace, Recipient

HIJACKED = "bob@example.com"
OTHERS = ["carol@example.org", "dave@example.net", "erin@example.net"]
KEPT_SUBJECT = "Invoice 4711"
CLIENTS = 4
RATE = 120  # messages a second, all clients together
SLOW_SECONDS = 0.4
REFUSED_FOR_NOW = 0.6  # of all attempts at a flaky recipient
# In a hundred messages.
KINDS = {"ok": 75, "slow": 5, "flaky": 13, "park": 4, "reject": 3}
KINDS_HIJACKED = {"ok": 44, "slow": 14, "flaky": 28, "park": 10, "reject": 4}
SESSION = 10  # messages as one client


@dataclass
class Mail:
    account: str  # None: no login
    kept: bool  # by the hijacked login, and the filter leaves it out
    rcpts: list
    accepted: bool = False

    @property
    def rejected(self):
        return any(domain_of(rcpt).startswith("reject.") for rcpt in self.rcpts)


class Answers:
    """What the sink says; after open() it takes everything that may ever be taken."""

    def __init__(self):
        self.opened = False

    def open(self):
        self.opened = True

    def __call__(self, stage, sender, rcpt):
        kind = domain_of(rcpt).split(".")[0]
        if kind == "slow" and stage == "data" and not self.opened:
            time.sleep(random.uniform(0, 2 * SLOW_SECONDS))
        refused = kind == "reject" or (kind == "flaky" and not self.opened and
                                       random.random() < REFUSED_FOR_NOW)
        if stage != "rcpt" or not refused:
            return None
        _, text = REPLIES["reject" if kind == "reject" else "greylist"]
        return text.format(rcpt=rcpt, sender=sender, domain=domain_of(rcpt))


class Traffic:
    """Clients that submit without a pause until the block ends; the first error is kept."""

    def __init__(self, mails, name):
        self.mails = mails  # {Message-ID: Mail}
        self.name = name
        self.over = threading.Event()
        self.error = None
        self._numbers = itertools.count()
        self._threads = [threading.Thread(target=self._guard, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def keep(self):
        """One innocent message of the hijacked login, that stays in the queue; its Message-ID."""
        with Client(config.PORT_SUBMIT) as client:
            self._login(client, HIJACKED, random.Random())
            message_id, message = self._mail(HIJACKED, self._rcpt("park", random), kept=True)
            client.send(message)
            self.mails[message_id].accepted = True
        return message_id

    def _guard(self, number):
        try:
            self._work(number, random.Random(f"{self.name} {number}"))
        except Exception as error:  # noqa: BLE001 (the test reports it)
            self.error = self.error or error

    def _work(self, number, dice):
        pace, count = Pace(RATE / CLIENTS), 0
        with Client(config.PORT_SUBMIT) as client:
            while not self.over.is_set():
                account = dice.choices([HIJACKED, None, *OTHERS], [40, 30, 10, 10, 10])[0]
                self._login(client, account, dice)
                for _ in range(SESSION):
                    pace.wait()
                    self._submit(client, account, dice)
                    count += 1
                if number == 0 and count % 40 == 0:
                    self._verbose(dice)

    @staticmethod
    def _login(client, account, dice):
        network = "203.0.113" if account else "192.0.2"
        client.identity(f"{network}.{dice.randint(1, 120)}", helo="friend", login=account or "")

    def _submit(self, client, account, dice):
        kinds = KINDS_HIJACKED if account == HIJACKED else KINDS
        kind = dice.choices(list(kinds), list(kinds.values()))[0]
        rcpts = self._rcpt(kind, dice)
        if kind == "flaky" and dice.random() < 0.3:
            rcpts += self._rcpt("ok", dice) + self._rcpt("flaky", dice)
        message_id, message = self._mail(account, rcpts)
        if dice.random() < 0.1:
            message.recipients = [Recipient(rcpt, "SUCCESS,FAILURE,DELAY") for rcpt in rcpts]
        client.send(message)
        self.mails[message_id].accepted = True

    def _verbose(self, dice):
        message_id, message = self._mail(None, self._rcpt(dice.choice(["ok", "flaky"]), dice))
        instance.sendmail("alice", ["-v", "-i", "-f", "alice@lab.test", *message.recipients],
                          message.content)
        self.mails[message_id].accepted = True

    def _mail(self, account, rcpts, kept=False):
        """A message that is in `mails` before the server can have it."""
        message_id = f"<{self.name}.{next(self._numbers)}@origin.test>"
        self.mails[message_id] = Mail(account, kept, rcpts)
        subject = KEPT_SUBJECT if kept else "You won"
        content = (f"From: <x@origin.test>\nSubject: {subject}\nMessage-ID: {message_id}\n"
                   "Date: Sun, 22 Nov 2026 03:07:00 +0000\n\nHello.\n").encode()
        return message_id, Message(account or "news@shop.example.org", rcpts, content)

    @staticmethod
    def _rcpt(kind, dice):
        domain = "park.test" if kind == "park" else f"{kind}.example.net"
        return [f"u{dice.getrandbits(40):x}@{domain}"]
