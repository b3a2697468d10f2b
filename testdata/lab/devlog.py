"""
A system log of the private root: takes what programs say to /dev/log.

/dev is the machine's own there, so a layer is put over it first: the socket is
seen by this root alone.
"""

import os
import re
import socket
import subprocess
import threading

WHERE = "/dev/log"
MARK = b"what was sent before this is in the list"
LINE = re.compile(r"<(\d+)>\w{3} [ \d]\d [\d:]{8} (\w+)\[(\d+)\]: (.*)", re.DOTALL)


def _cover_dev():
    layers = "/run/devlog"
    for name in ("up", "work", "pts"):
        os.makedirs(f"{layers}/{name}")
    for command in (["mount", "--bind", "/dev/pts", f"{layers}/pts"],
                    ["mount", "-t", "tmpfs", "tmpfs", layers + "/up"]):
        subprocess.run(command, check=True)
    for name in ("up", "work"):
        os.makedirs(f"{layers}/up/{name}")
    options = f"lowerdir=/dev,upperdir={layers}/up/up,workdir={layers}/up/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, "/dev"], check=True)
    subprocess.run(["mount", "--bind", f"{layers}/pts", "/dev/pts"], check=True)


class DevLog:
    """Use as a context manager. lines: (priority, program, pid, text) as they came."""

    def __init__(self):
        _cover_dev()
        self.lines = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(WHERE)
        os.chmod(WHERE, 0o666)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._reached = threading.Event()

    def _listen(self):
        while True:
            try:
                data = self._socket.recv(8192)
            except OSError:
                return
            if data == MARK:
                self._reached.set()
            found = LINE.match(data.decode(errors="replace").rstrip("\0\n"))
            if found:
                self.lines.append((int(found[1]), found[2], int(found[3]), found[4]))

    def of(self, program):
        """The texts that one program has written by now, in order."""
        self._reached.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mark:
            mark.sendto(MARK, WHERE)
        if not self._reached.wait(30):
            raise TimeoutError(f"nobody reads {WHERE}")
        return [text for _, name, _, text in self.lines if name == program]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.close()
        os.unlink(WHERE)
