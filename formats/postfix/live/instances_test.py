"""
Two instances of Postfix in one run: both at work, one stopped, one that may not be acted
on. What is done is done in both, or nothing in either.
"""

import argparse
import collections
import fcntl
import json
import os
import socket
import subprocess
import threading
import time

import config
import instance
import tool
from check import Check
from sink import Sink
from smtp import Client, Message

OUT, OUT_QUEUE, OUT_PORT = "/etc/postfix-out", "/lab/spool/out", 2545
OUT_LOG = "/var/log/postfix-out.log"
QUEUE = "/lab/spool/in"
SPAMMER, OTHER = "bob@example.com", "carol@example.org"
RECORD = "/lab/delivered"
PATIENCE = 60
SETTINGS = {"fast_flush_domains": "", "defer_transports": "smtp", "transport_maps": ""}
REFUSED, BUSY, IO = 4, 75, 74


class Second:
    """The other instance, beside instance.Instance, which is the default one."""

    def __init__(self):
        for path in (OUT, OUT_QUEUE, "/var/lib/postfix-out"):
            os.makedirs(path, exist_ok=True)
        instance.run("chown", "postfix", "/var/lib/postfix-out")
        with open(f"{config.CONFIG}/main.cf") as file:
            text = file.read().replace(QUEUE, OUT_QUEUE).replace(config.LOG, OUT_LOG)
        lines = [line for line in text.splitlines() if not line.startswith("multi_instance")]
        with open(f"{OUT}/main.cf", "w") as file:
            file.write("\n".join(lines).replace("/var/lib/postfix-lab", "/var/lib/postfix-out") +
                       "\nmulti_instance_name = postfix-out\n")
        services = [line for line in config.MASTER_CF.splitlines() if line[:1] != " "]
        with open(f"{OUT}/master.cf", "w") as file:
            file.write("\n".join(line for line in services if not line.startswith("127.")) +
                       f"\n127.0.0.1:{OUT_PORT} {config.SMTPD}\n")

    def __enter__(self):
        self.command("start")
        return self

    def __exit__(self, *_):
        self.command("abort")

    def command(self, word):
        subprocess.run(["postfix", "-c", OUT, word], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60, check=False)

    def set(self, **settings):
        pairs = [f"{name}={value}" for name, value in settings.items()]
        instance.run("postconf", "-c", OUT, "-e", *pairs)
        self.command("reload")


class StandIn:
    """In the place of a queue manager: counts how often it is woken."""

    def __init__(self, queue):
        self.count = 0
        self.lock = open(f"{queue}/pid/master.pid", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        path = f"{queue}/public/qmgr"
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            connection, _ = self.socket.accept()
            self.count += connection.recv(16) != b""
            connection.close()


class Work:
    def __init__(self, first, check):
        self.first, self.check, self.sent = first, check, 0

    def ask(self, *words, code=0, spools=(QUEUE, OUT_QUEUE)):
        named = [word for spool in spools for word in ("-s", spool)]
        done = subprocess.run([tool.SPOOLSWEEP, *named, *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.said = done.stderr
        if done.returncode != code:
            raise tool.Failed(f"{words}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def act(self, *words, done=None, **options):
        told = json.loads(self.ask(*words, "--apply", "--yes", "--max", "99", "--json", **options))
        if done is not None:
            self.check.equal(told["outcomes"]["done"], done, f"{words}: done")
        return told["run"]

    def send(self, port, login, count):
        with Client(port) as client:
            client.identity("203.0.113.7", helo="friend", login=login)
            for _ in range(count):
                self.sent += 1
                content = f"Message-ID: <{self.sent}@origin.test>\n\nHello.\n".encode()
                client.send(Message(login, ["x@ok.example.net"], content))

    def wait(self, wanted, what):
        """Until both queues, and their trash, hold so many: {queue: {folder: count}}."""
        until = time.monotonic() + PATIENCE
        found = None
        while found != wanted and time.monotonic() < until:
            time.sleep(0.1)
            hurry(self.first)
            found = {queue: count_files(queue) for queue in (QUEUE, OUT_QUEUE)}
        self.check.equal(found, wanted, what)

    def wait_delivered(self, count):
        until = time.monotonic() + PATIENCE
        found = {}
        while len(found) != count and time.monotonic() < until:
            time.sleep(0.2)
            hurry(self.first)
            with open(RECORD) as file:
                found = collections.Counter(json.loads(line)["message_id"] for line in file)
        self.check.equal((len(found), set(found.values())), (count, {1}), "delivered, once each")


def count_files(queue):
    """By queue; "trash RUN" for what is in the trash of a run."""
    found = collections.Counter()
    for folder, _, names in os.walk(queue):
        parts = os.path.relpath(folder, queue).split("/")
        if parts[0] == "spoolsweep-trash" and len(parts) > 2:
            found[f"trash {parts[1]}"] += 0 if parts[2] in ("defer", "bounce") else len(names)
        elif parts[0] in ("maildrop", "incoming", "active", "deferred", "hold"):
            found[parts[0]] += len(names)
    return {name: count for name, count in found.items() if count}


def hurry(first):
    """Both queue managers, the second with a log and settings of its own."""
    first.hurry_skipped()
    first.hurry_skipped(OUT_LOG, OUT)


def both(inner, outer=None):
    return {QUEUE: inner, OUT_QUEUE: outer or inner}


def check_all_or_nothing(work, check):
    """The second may not be acted on: nothing is done in the first."""
    trash = f"{OUT_QUEUE}/spoolsweep-trash"
    before = both({"deferred": 3})
    journals = os.listdir(f"/lab/state/{os.stat(OUT_QUEUE + '/active').st_uid}")
    purge = ["purge", f"account={SPAMMER}", "--apply", "--yes"]
    folder = os.open(f"{OUT_QUEUE}/incoming", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    work.ask(*purge, code=BUSY)
    check.true(OUT_QUEUE in work.said, f"which one is busy: {work.said}")
    work.wait(before, "the second is busy")
    os.close(folder)
    os.chmod(trash, 0o755)
    work.ask(*purge, code=IO)
    work.wait(before, "others may look into the trash of the second")
    os.chmod(trash, 0o700)
    owner = os.stat(f"{OUT_QUEUE}/active").st_uid
    for name in ("incoming", "active"):
        os.chown(f"{OUT_QUEUE}/{name}", 0, -1)
    work.ask(*purge, code=REFUSED)
    work.wait(before, "the second belongs to somebody else")
    for name in ("incoming", "active"):
        os.chown(f"{OUT_QUEUE}/{name}", owner, -1)
    check.equal(os.listdir(f"/lab/state/{owner}"), journals, "no run was begun")


def test(check):
    first = instance.Instance(queue=QUEUE, multi_instance_directories=OUT,
                              multi_instance_wrapper="/usr/sbin/postmulti -p --",
                              multi_instance_enable="yes", **SETTINGS)
    second = Second()
    with first, second, Sink(config.SINK, RECORD, answer=lambda *_: None):
        work = Work(first, check)
        for port in (config.PORT_SUBMIT, OUT_PORT):
            work.send(port, SPAMMER, 3)
            work.send(port, OTHER, 2)
        work.wait(both({"deferred": 5}), "sent")

        # Named by nobody: both are found.
        purged = work.act("purge", f"account={SPAMMER}", done=6, spools=())
        work.wait(both({"deferred": 2, f"trash {purged}": 3}), "purged")
        check.equal(len(work.ask("journal", "--json").splitlines()), 1, "journals")
        back = work.act("undo", str(purged), done=6)
        work.wait(both({"deferred": 2, "hold": 3}), "brought back")
        work.act("undo", str(back), done=6)
        # A part of a run: what it did in one of them.
        run = int(max(name.split()[1] for name in count_files(QUEUE) if "trash" in name))
        work.act("undo", str(run), "--to", "origin", done=3, spools=(QUEUE,))
        work.wait({QUEUE: {"deferred": 2, "hold": 3},
                   OUT_QUEUE: {"deferred": 2, f"trash {run}": 3}}, "a part")
        work.act("undo", str(run), "--to", "origin", done=3)

        # Both are woken: nothing else has the queues scanned within the hour.
        for postfix in (first, second):
            postfix.set(defer_transports="")
        work.act("release", f"account={SPAMMER}", done=6)
        work.wait(both({"deferred": 2}), "released, and delivered")
        work.wait_delivered(6)

        for postfix in (first, second):
            postfix.set(defer_transports="smtp")
        for port in (config.PORT_SUBMIT, OUT_PORT):
            work.send(port, SPAMMER, 1)
        work.wait(both({"deferred": 3}), "sent")
        check_all_or_nothing(work, check)

        # One is stopped: the same, and nobody is there to be woken.
        second.command("stop")
        run = work.act("purge", f"account={SPAMMER}", done=2)
        work.act("undo", str(run), done=2)
        work.wait(both({"deferred": 2, "hold": 1}), "one is stopped")
        stand_in = StandIn(OUT_QUEUE)
        work.act("release", "queue_name=hold", done=2)
        check.equal(stand_in.count, 1, "woken once")
        work.act("hold", f"account={SPAMMER} and spool=postfix", done=1)
        work.act("release", "queue_name=hold", done=1)
        check.equal(stand_in.count, 1, "woken for the mail of another instance")
        stand_in.lock.close()
        for log in (config.LOG, OUT_LOG):
            with open(log) as file:
                trouble = [line for line in file if "panic:" in line or "fatal:" in line]
            check.none(trouble, "the log")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    options.parse_args()
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    test(check)
    check.finish()


if __name__ == "__main__":
    main()
