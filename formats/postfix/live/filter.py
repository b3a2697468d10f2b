"""
A content filter that puts mail back into Postfix: the two kinds in use.

It takes mail on one port and passes every command on to the re-injection port.
One kind hands XFORWARD through, so Postfix still knows the original client; the
other hides XFORWARD, and all that is left of the client is in the Received
fields. Both add a header field.
"""

import socket
import socketserver
import threading

MARK = b"X-Filtered: by the lab's content filter\r\n"


class Session(socketserver.StreamRequestHandler):
    timeout = 300

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.next_port), 300) as onward:
            self.onward, self.replies = onward, onward.makefile("rb")
            try:
                self._pass_reply()
                while self._pass_command():
                    pass
            except OSError:
                pass  # One side hung up; the other one notices by itself.

    def _pass_reply(self):
        """Passes one reply back; its code."""
        while True:
            line = self.replies.readline(4096)
            if not line:
                raise OSError("Postfix hung up")
            if self.server.xforward or b"XFORWARD" not in line:
                self.wfile.write(line)
            if line[3:4] != b"-":
                return line[:3]

    def _pass_command(self):
        line = self.rfile.readline(8192)
        if not line:
            return False
        self.onward.sendall(line)
        code = self._pass_reply()
        if code == b"354":
            self._pass_content()
            self._pass_reply()
        return line[:4].upper() != b"QUIT"

    def _pass_content(self):
        content = [MARK]
        while content[-1] != b".\r\n":
            content.append(self.rfile.readline(1 << 20))
            if not content[-1]:
                raise OSError("the sender hung up")
        self.onward.sendall(b"".join(content))


class Filter(socketserver.ThreadingTCPServer):
    """Listens from the constructor on; use as a context manager to stop it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, next_port, xforward):
        super().__init__(("127.0.0.1", port), Session)
        self.next_port = next_port
        self.xforward = xforward
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
