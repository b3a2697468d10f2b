"""
A small SMTP client for the tests: it says what no mail program lets you say.

XCLIENT puts any client address, name, HELO and login into a real queue file;
SMTPUTF8, the DSN options, AUTH=, XVERP and thousands of recipients go as given,
unchecked. Commands are pipelined. Talks to loopback only, and every wait has an
end.
"""

import base64
import socket
import time
from dataclasses import dataclass, field

# How many commands are sent before their replies are read: little enough that
# neither side ever waits for the other with a full socket buffer.
PIPELINE = 100


class Refused(Exception):
    """The server answered something else than was hoped for."""


@dataclass
class Recipient:
    address: str
    notify: str = ""  # "SUCCESS,DELAY"
    orcpt: str = ""  # "rfc822;a@example.com", before xtext


@dataclass
class Message:
    sender: str
    recipients: list  # of Recipient or str
    content: bytes
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""
    auth: str = ""
    verp: str = ""  # "+=": one delivery for each recipient
    attributes: dict = field(default_factory=dict)  # for the caller


def xtext(value):
    """RFC 3461 xtext; bytes above 127 go as hex too, as XCLIENT wants them."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}"
        for byte in value.encode()
    )


class Pace:
    """Lets at most rate things a second pass, evenly."""

    def __init__(self, rate):
        self.step = 1.0 / rate
        self.next = time.monotonic()

    def wait(self):
        now = time.monotonic()
        if self.next > now:
            time.sleep(self.next - now)
        self.next = max(self.next, now - 1) + self.step


class Client:
    """One connection. Use as a context manager."""

    def __init__(self, port, helo="client.example.net", timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.helo = helo
        self._expect(self._reply(), 220, "the greeting")
        self.hello()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._send("QUIT")
        except OSError:
            pass
        self.file.close()
        self.socket.close()

    def hello(self):
        return self.command(f"EHLO {self.helo}")

    def command(self, line, code=250):
        self._send(line)
        return self._expect(self._reply(), code, line)

    def identity(self, addr, name="[UNAVAILABLE]", helo="", login="", proto="ESMTP"):
        """
        From here on this connection is that client. The HELO name is what the
        client itself says afterwards, as in real life.
        """
        shown = f"IPV6:{addr}" if ":" in addr else addr
        attributes = {"ADDR": shown, "NAME": name, "PROTO": proto,
                      "HELO": helo or "[UNAVAILABLE]", "LOGIN": login or "[UNAVAILABLE]"}
        words = " ".join(f"{key}={value if value[0] == '[' else xtext(value)}"
                         for key, value in attributes.items())
        self.command(f"XCLIENT {words}", 220)
        if helo:
            self.helo = helo
        if proto == "SMTP":
            self.command(f"HELO {self.helo}")
        else:
            self.hello()

    def login(self, user, password):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.command(f"AUTH PLAIN {token}", 235)

    def send(self, message):
        """
        Sends one message; the text of the last reply ("2.0.0 Ok: queued as ID").
        A refused recipient refuses the message.
        """
        commands = [self._mail(message)]
        commands += [self._rcpt(recipient, message) for recipient in message.recipients]
        for start in range(0, len(commands), PIPELINE):
            batch = commands[start:start + PIPELINE]
            self._send("\r\n".join(batch))
            replies = [self._reply() for _ in batch]
            for command, reply in zip(batch, replies):
                self._expect(reply, 250, command)
        self.command("DATA", 354)
        lines = message.content.replace(b"\r\n", b"\n").split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        data = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n"
                        for line in lines)
        self.socket.sendall(data + b".\r\n")
        return self._expect(self._reply(), 250, "the message")

    @staticmethod
    def _mail(message):
        words = [f"MAIL FROM:<{message.sender}>"]
        if message.smtputf8:
            words.append("SMTPUTF8")
        if message.ret:
            words.append(f"RET={message.ret}")
        if message.envid:
            words.append(f"ENVID={xtext(message.envid)}")
        if message.auth:
            words.append(f"AUTH={xtext(message.auth)}")
        if message.verp:
            words.append(f"XVERP={message.verp}")
        return " ".join(words)

    @staticmethod
    def _rcpt(recipient, message):
        if isinstance(recipient, str):
            recipient = Recipient(recipient)
        words = [f"RCPT TO:<{recipient.address}>"]
        if recipient.notify:
            words.append(f"NOTIFY={recipient.notify}")
        if recipient.orcpt:
            kind, address = recipient.orcpt.split(";", 1)
            # With SMTPUTF8 the utf-8 address type is sent as it is (RFC 6533).
            words.append(f"ORCPT={kind};{address if message.smtputf8 else xtext(address)}")
        return " ".join(words)

    def _send(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def _reply(self):
        texts = []
        while True:
            line = self.file.readline(4096)
            if not line.endswith(b"\n"):
                raise Refused("the server hung up")
            texts.append(line[4:].strip().decode(errors="replace"))
            if line[3:4] != b"-":
                return int(line[:3]), " ".join(texts)

    @staticmethod
    def _expect(reply, code, asked):
        if reply[0] != code:
            raise Refused(f"{asked}: {reply[0]} {reply[1]}")
        return reply[1]


def queued_as(text):
    """The queue id in Postfix's reply to a message."""
    return text.rsplit(" ", 1)[-1]
