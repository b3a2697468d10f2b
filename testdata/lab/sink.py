"""
An SMTP server that takes or refuses mail as scripted (see replies.py).

What it takes is written down, one JSON object a line: message_id, sender,
recipients. Who wants the message itself gives a list to `keep`. It never sends
anything. One thread a connection; stop() ends all.
"""

import json
import re
import socketserver
import threading
from dataclasses import dataclass

from replies import scripted

EXTENSIONS = ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"]
PATH = re.compile(r"[^<]*<((?:\"(?:[^\"\\]|\\.)*\"|[^>\"])*)>")


@dataclass
class Taken:
    """One message as it came over the wire: dots unstuffed, lines end in CR LF."""

    sender: str
    recipients: list
    commands: list  # the MAIL and RCPT commands, with their arguments
    content: bytes


class Session(socketserver.StreamRequestHandler):
    timeout = 900

    def handle(self):
        if self.server.stall:
            self.server.over.wait()
            return
        self._reset()
        try:
            self._say("220 sink.test ESMTP")
            while self._command():
                pass
        except OSError:
            pass  # The client hung up in the middle: nothing was promised.

    def _reset(self):
        self.sender, self.recipients, self.commands = "", [], []

    def _say(self, text):
        self.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")

    def _command(self):
        line = self.rfile.readline(8192).decode(errors="replace").strip()
        verb = line[:4].upper()
        if verb == "EHLO":
            words = ["sink.test"] + EXTENSIONS
            self._say("\n".join(f"250-{word}" for word in words[:-1]) + f"\n250 {words[-1]}")
        elif verb == "MAIL":
            self._reset()
            self.sender = self._path(line)
            self.commands = [line]
            self._say("250 2.1.0 Ok")
        elif verb == "RCPT":
            self._rcpt(self._path(line), line)
        elif verb == "DATA":
            self._data()
        elif verb in ("HELO", "RSET", "NOOP"):
            self._reset()
            self._say("250 2.0.0 Ok")
        elif verb == "QUIT":
            self._say("221 2.0.0 Bye")
            return False
        elif line:
            self._say("502 5.5.2 Command not recognized")
        return bool(line)

    @staticmethod
    def _path(line):
        found = PATH.match(line)
        return found.group(1) if found else ""

    def _rcpt(self, rcpt, line):
        refusal = self.server.answer("rcpt", self.sender, rcpt)
        if refusal is None:
            self.recipients.append(rcpt)
            self.commands.append(line)
        self._say(refusal or "250 2.1.5 Ok")

    def _data(self):
        if not self.recipients:
            self._say("554 5.5.1 No valid recipients")
            return
        self._say("354 End data with <CR><LF>.<CR><LF>")
        message_id, in_header, lines = "", True, []
        while True:
            line = self.rfile.readline(1 << 20)
            if line in (b".\r\n", b".\n", b""):
                break
            if self.server.keep is not None:
                lines.append(line[1:] if line.startswith(b".") else line)
            in_header = in_header and bool(line.strip())
            if in_header and line.lower().startswith(b"message-id:"):
                message_id = line[11:].strip().decode(errors="replace")
        refusals = [self.server.answer("data", self.sender, rcpt) for rcpt in self.recipients]
        refusal = next((text for text in refusals if text), None)
        if refusal is None:
            self.server.record(message_id, self.sender, self.recipients)
            if self.server.keep is not None:
                self.server.keep.append(Taken(self.sender, self.recipients, self.commands,
                                              b"".join(lines)))
        self._say(refusal or "250 2.0.0 Ok: taken")
        self._reset()


class Sink(socketserver.ThreadingTCPServer):
    """Listens from the constructor on; use as a context manager to stop it."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200

    def __init__(self, port, record=None, answer=scripted, stall=False, keep=None):
        """
        record: the file of what was taken. answer(stage, sender, rcpt) gives a reply
        text or None. With stall it accepts connections and never says a word. keep: a
        list to which each message taken is added, a Taken.
        """
        super().__init__(("127.0.0.1", port), Session)
        self.answer = answer
        self.stall = stall
        self.keep = keep
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._file = open(record, "a") if record else None
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def record(self, message_id, sender, recipients):
        if not self._file:
            return
        line = json.dumps({"message_id": message_id, "sender": sender,
                           "recipients": recipients})
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def stop(self):
        self.over.set()
        self.shutdown()
        self.server_close()
        self._thread.join(10)

    def __exit__(self, *_):
        self.stop()
