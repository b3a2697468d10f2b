"""
A milter that edits: what it changes leaves pointers and a heap in the queue file.

It speaks protocol version 6 to Postfix and does what the message's own X-Milter
field asks for: any of sender, add-rcpt, del-rcpt, add-header, change-header,
insert-header, delete-header, body, quarantine, separated by blanks.
"""

import socketserver
import struct
import threading

ALL_ACTIONS = 0x7F
# We need the RCPT, header and end-of-body events; the rest costs round trips.
NO_CONNECT, NO_HELO, NO_BODY = 0x01, 0x02, 0x10
LONG_BODY = b"".join(b"a line the milter wrote, number %05d\r\n" % i for i in range(40))
LONG_NAME = "a-name-that-is-much-longer-than-the-one-before-it"


class Session(socketserver.StreamRequestHandler):
    timeout = 300

    def handle(self):
        self.wishes, self.recipients = [], []
        try:
            while self._event():
                pass
        except OSError:
            pass

    def _event(self):
        head = self.rfile.read(4)
        if len(head) < 4:
            return False
        data = self.rfile.read(struct.unpack("!I", head)[0])
        command, data = data[:1], data[1:]
        if command == b"O":
            self._send(b"O", struct.pack("!III", 6, ALL_ACTIONS, NO_CONNECT | NO_HELO | NO_BODY))
        elif command == b"E":
            self._edit()
            self._send(b"c")
        elif command in (b"M", b"R", b"L", b"N", b"T", b"U"):
            self._note(command, data)
            self._send(b"c")
        elif command == b"A":
            self.wishes, self.recipients = [], []
        # D (macros) wants no answer; Q ends.
        return command != b"Q"

    def _note(self, command, data):
        parts = data.split(b"\0")
        if command == b"M":
            self.wishes, self.recipients = [], []
        elif command == b"R":
            self.recipients.append(parts[0])
        elif command == b"L" and parts[0].lower() == b"x-milter":
            self.wishes = parts[1].decode().split()

    def _send(self, command, data=b""):
        self.wfile.write(struct.pack("!I", len(data) + 1) + command + data)

    def _edit(self):
        for wish in self.wishes:
            getattr(self, "_do_" + wish.replace("-", "_"))()

    def _do_sender(self):
        self._send(b"e", f"<{LONG_NAME}@changed.test>\0".encode())

    def _do_add_rcpt(self):
        for name in ("first", "second"):
            self._send(b"+", f"<{name}@added.park.test>\0".encode())

    def _do_del_rcpt(self):
        self._send(b"-", self.recipients[0] + b"\0")

    def _do_add_header(self):
        self._send(b"h", b"X-Added\0at the end, by the milter\0")

    def _do_insert_header(self):
        self._send(b"i", struct.pack("!I", 0) + b"X-Inserted\0at the top, by the milter\0")

    def _do_change_header(self):
        self._send(b"m", struct.pack("!I", 1) + b"Subject\0a subject the milter wrote\0")

    def _do_delete_header(self):
        self._send(b"m", struct.pack("!I", 1) + b"X-Delete-Me\0\0")

    def _do_body(self):
        self._send(b"b", LONG_BODY)

    def _do_quarantine(self):
        self._send(b"q", b"the milter wants it held\0")


class Milter(socketserver.ThreadingTCPServer):
    """Listens from the constructor on; use as a context manager to stop it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
