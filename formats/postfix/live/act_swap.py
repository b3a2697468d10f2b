"""
What may happen between the plan and the act: the file is another one by then.

A server at rest with short ids. spoolsweep shows its plan and waits for the number to be
typed; meanwhile the queue is changed; then it acts.
"""

import collections
import json
import os
import pty
import subprocess
import time

import config
import instance
import tool
from sink import Sink
from smtp import Client, Message, queued_as

LOGIN = "bob@example.com"
PATIENCE = 30  # seconds
BACKLOG = 6  # messages
CRAWL_SECONDS = 6
RECORD = "/lab/delivered-swap"


class Planned:
    """A command that has shown its plan; apply() types the number."""

    def __init__(self, queue, *words):
        master, slave = pty.openpty()
        self.terminal = os.fdopen(master, "w")
        self.process = subprocess.Popen([tool.SPOOLSWEEP, "-s", queue, *words, "--apply"],
                                        stdin=slave, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        os.close(slave)
        self.queue = queue
        self.count = self._wait_for_question()

    def _wait_for_question(self):
        said = ""
        while "Type the number of messages (" not in said or not said.endswith(": "):
            character = self.process.stderr.read(1)
            if not character:
                raise tool.Failed(f"no question asked: {said}")
            said += character
        return int(said.rsplit("(", 1)[1].split(")")[0])

    def apply(self):
        """{queue id: (outcome, why)}."""
        self.terminal.write(f"{self.count}\n")
        self.terminal.flush()
        _, self.said = self.process.communicate(timeout=120)
        self.terminal.close()
        self.code = self.process.returncode
        newest = json.loads(tool.run(tool.SPOOLSWEEP, "-s", self.queue, "journal",
                                     "--json").decode().splitlines()[0])["run"]
        self.run = newest
        journal = json.loads(tool.run(tool.SPOOLSWEEP, "-s", self.queue, "journal", str(newest),
                                      "--json"))
        return {item["queue_id"]: (item["outcome"], item["why"]) for item in journal["items"]}


class Bench:
    def __init__(self, postfix, check):
        self.postfix, self.check = postfix, check

    def send(self, rcpt="x@park.test", subject="planned", login=LOGIN):
        """The queue id of a new message."""
        with Client(config.PORT_SUBMIT) as client:
            client.identity("203.0.113.7", helo="friend", login=login)
            content = f"Subject: {subject}\n\nHello.\n".encode()
            queue_id = queued_as(client.send(Message(login, [rcpt], content)))
        self.postfix.wait_rest(PATIENCE)
        return queue_id

    def hold(self, queue_id):
        """Where Postfix touches nothing: the path of its file."""
        self.postfix.postsuper("-h", [queue_id])
        return os.path.join(self.postfix.queue, "hold", queue_id)

    def clear(self):
        subprocess.run(["postsuper", "-d", "ALL"], check=True, stderr=subprocess.DEVNULL)

    def put_in_place(self, path, content, same_inode):
        """
        Another file at `path`; with same_inode it gets the inode of the one that was
        there, as the next message may. False when the file system gave none back.
        """
        old = os.stat(path)
        os.unlink(path)
        tries = []
        for number in range(2000):
            name = f"{self.postfix.queue}/hold/swap{number}"
            with open(name, "wb") as file:
                file.write(content)
            tries.append(name)
            if (os.stat(name).st_ino == old.st_ino) == same_inode:
                break
        found = tries[-1]
        os.chown(found, old.st_uid, old.st_gid)
        os.chmod(found, 0o700)
        os.rename(found, path)
        for name in tries[:-1]:
            os.unlink(name)
        return (os.stat(path).st_ino == old.st_ino) == same_inode

    def swap(self, what, same_inode, same_bytes, wanted):
        """The planned message leaves and another one gets its id."""
        queue_id = self.send()
        path = self.hold(queue_id)
        stranger = self.hold(self.send(subject="another one", login="carol@example.org"))
        with open(path if same_bytes else stranger, "rb") as file:
            content = file.read()
        planned = Planned(self.postfix.queue, "purge", f"account={LOGIN}")
        self.check.equal(planned.count, 1, f"{what}: planned")
        if self.put_in_place(path, content, same_inode):
            outcome = planned.apply()[queue_id][0]
            self.check.equal(outcome, wanted, f"{what}: outcome")
            with open(path, "rb") as file:
                self.check.equal(file.read(), content, f"{what}: the new message")
            self.check.note(f"{what}: {outcome}, exit {planned.code}")
        else:
            planned.process.kill()
            self.check.note(f"{what}: not tested, this file system gives out inodes otherwise")
        self.clear()

    def change(self, what, prepare, change):
        """The planned message goes on; it still is the one that was planned."""
        queue_id = self.send()
        prepare(queue_id)
        planned = Planned(self.postfix.queue, "purge", f"account={LOGIN}")
        before = self.postfix.files()[queue_id]
        change(queue_id)
        self.postfix.wait_rest(PATIENCE)
        outcome = planned.apply()[queue_id][0]
        self.check.equal(outcome, "done", f"{what}: outcome")
        self.check.true(queue_id not in self.postfix.files(), f"{what}: it is gone")
        self.check.note(f"{what}: planned in {before[0]}, {outcome}")
        self.clear()

    def no_overwrite(self):
        """What has the id by now stays; what was purged stays in the trash."""
        queue_id = self.send()
        path = self.hold(queue_id)
        Planned(self.postfix.queue, "purge", f"account={LOGIN}").apply()
        with open(path, "wb") as file:
            file.write(b"somebody else")
        run = json.loads(tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "journal",
                                  "--json").decode().splitlines()[0])["run"]
        undo = Planned(self.postfix.queue, "undo", str(run))
        outcome = undo.apply()[queue_id]
        self.check.equal(outcome[0], "failed", "undo over a file that is there")
        with open(path, "rb") as file:
            self.check.equal(file.read(), b"somebody else", "the file that is there")
        trash = os.path.join(self.postfix.queue, "spoolsweep-trash", str(run), "hold", queue_id)
        self.check.true(os.path.exists(trash), "what could not be brought back is in the trash")
        self.check.note(f"undo over a file that is there: {outcome}")
        os.unlink(path)

    def backlog(self, name, *steps):
        """
        Mail that waits in active for its turn is taken out and brought back by `steps`:
        how many messages were delivered once, and how many were not.
        """
        ids = [f"<{name}.{number}@origin.test>" for number in range(BACKLOG)]
        with Client(config.PORT_SUBMIT) as client:
            client.identity("203.0.113.7", helo="friend", login=LOGIN)
            for message_id in ids:
                content = f"Subject: x\nMessage-ID: {message_id}\n\nHello.\n".encode()
                client.send(Message(LOGIN, ["b@crawl.example.net"], content))
        until = time.monotonic() + PATIENCE
        while (queues := [queue for queue, _ in self.postfix.files().values()]) != \
                ["active"] * BACKLOG:
            if not self.check.true(time.monotonic() < until, f"all are active: {queues}"):
                break
            time.sleep(0.05)
        for step in steps:
            step()
        until = time.monotonic() + PATIENCE + CRAWL_SECONDS * BACKLOG
        times = {}
        while time.monotonic() < until and set(times.values()) != {1}:
            time.sleep(0.5)
            self.postfix.hurry_skipped()
            with open(RECORD) as file:
                taken = collections.Counter(json.loads(line)["message_id"] for line in file)
            times = {message_id: taken[message_id] for message_id in ids}
        self.clear()
        return collections.Counter(times.values())

    def act(self, *words):
        out = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, *words, "--apply", "--yes",
                       "--max", "1000", "--json", codes=(0, 1, 3))
        return json.loads(out) if out.strip() else None

    def comes_back(self, reload):
        """
        What was active and comes back while qmgr remembers it would be lost (../README.md,
        "Changing the queue"): it stays on hold until there was a reload.
        """
        def purge():
            self.run = self.act("purge", f"account={LOGIN}")

        def undo():
            self.told = self.act("undo", str(self.run["run"]))

        def release():
            """Until all of it is let go: the new qmgr takes a moment to start."""
            if reload:
                self.reload()
            until = time.monotonic() + PATIENCE
            refused = self.release()
            if not reload:
                self.check.true(refused > 0, "nothing is given back that qmgr remembers")
                self.reload()
            while refused and time.monotonic() < until:
                time.sleep(0.2)
                refused = self.release()

        counts = self.backlog(f"reload-{reload}", purge, undo, release)
        self.check.equal(self.told["remembered"], BACKLOG, "it is said that they were active")
        self.check.note(f"purged from active, undone, released, reload before that {reload}: "
                        f"delivered once {counts[1]}, not {counts[0]}")
        self.check.equal(counts, {1: BACKLOG}, "all of it arrives once")

    def release(self):
        """How many stay on hold."""
        told = self.act("release", f"account={LOGIN} and queue_name=hold")
        return told["outcomes"]["refused"] if told else 0

    def reload(self):
        subprocess.run(["postfix", "reload"], check=True, stderr=subprocess.DEVNULL)

    def served(self):
        """Delivered, and qmgr has yet to remove it: the journal says that it was delivered."""
        queue_id = self.send()
        held = self.hold(queue_id)
        # What an agent does to the record of a recipient it served.
        with open(held, "r+b") as file:
            at = file.read().index(b"R\x0bx@park.test")
            file.seek(at)
            file.write(b"D")
        os.rename(held, os.path.join(self.postfix.queue, "active", queue_id))
        outcome = Planned(self.postfix.queue, "purge", f"account={LOGIN}").apply()[queue_id]
        self.check.equal(outcome[0], "delivering", "served and not removed yet")
        self.clear()

    def verbose(self):
        """Mail of `sendmail -v` in delivery: the queue manager would die without its file."""
        instance.sendmail("alice", ["-v", "-i", "-f", "alice@lab.test", "x@slow.example.net"],
                          b"Subject: verbose\n\nHello.\n")
        until = time.monotonic() + PATIENCE
        while not (mine := [i for i, (queue, _) in self.postfix.files().items()
                            if queue == "active"]):
            if not self.check.true(time.monotonic() < until, "a verbose message is active"):
                return
            time.sleep(0.05)
        planned = Planned(self.postfix.queue, "purge", "sender=alice@lab.test")
        outcome = planned.apply().get(mine[0])
        self.check.note(f"sendmail -v in delivery: {outcome}")
        self.postfix.wait_rest(PATIENCE)
        time.sleep(1)
        died = [line for line in self.postfix.log() if "killed by signal" in line]
        self.check.none(died, "sendmail -v in delivery")
        self.clear()


def answer(stage, sender, rcpt):
    if stage == "data" and rcpt.startswith("x@slow."):
        time.sleep(3)
    if stage == "data" and rcpt.endswith("@crawl.example.net"):
        time.sleep(CRAWL_SECONDS)
    return None


def test(check, long):
    with instance.Instance(queue="/lab/spool/act-swap", enable_long_queue_ids="no",
                           minimal_backoff_time="60s", queue_run_delay="60s",
                           default_destination_concurrency_limit="2",
                           initial_destination_concurrency="2",
                           fast_flush_domains="") as postfix, \
            Sink(config.SINK, RECORD, answer=answer):
        check.note("between the plan and the act")
        bench = Bench(postfix, check)
        bench.swap("same id, same inode, other message", True, False, "changed")
        bench.swap("same id, same inode, same bytes", True, True, "changed")
        bench.swap("same id, other inode", False, False, "gone")

        def nothing(_):
            pass

        def retry(_):
            postfix.flush()

        bench.change("tried again meanwhile", nothing, retry)
        bench.change("held meanwhile", nothing, lambda i: bench.hold(i))
        bench.change("released meanwhile", lambda i: bench.hold(i),
                     lambda i: postfix.postsuper("-H", [i]))
        bench.no_overwrite()
        bench.served()
        bench.verbose()
        bench.comes_back(reload=True)
        if long:
            bench.comes_back(reload=False)
