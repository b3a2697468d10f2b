"""
Which messages are meant, on a real Postfix: a list of ids through a pipe; what a requeue made
of them, whatever they are called now; what comes back too late.

Messages are told apart by Message-ID, which a requeue keeps.
"""

import argparse
import collections
import json
import os
import signal
import subprocess
import time

import config
import instance
import tool
from check import Check
from filter import Filter
from milter import Milter
from sink import Sink
from smtp import Client, Message

PATIENCE = 60  # seconds
RECORD = "/lab/delivered-undo"
OWN_BOUNCE = "of Postfix"
STRIP = "/etc/postfix/strip_received"


class Post:
    """Sends every kind of mail there is; nothing of it is delivered while park.test is parked."""

    def __init__(self, postfix):
        self.postfix = postfix
        self.count = 0

    def content(self, subject):
        self.count += 1
        message_id = f"<undo.{self.count}@origin.test>"
        return message_id, (f"From: <x@origin.test>\nSubject: {subject}\n"
                            f"Message-ID: {message_id}\n\nHello.\n").encode()

    def smtp(self, subject, login="bob@example.com", rcpts=("anna@park.test",),
             port=config.PORT_SUBMIT, sender=None):
        message_id, content = self.content(subject)
        with Client(port) as client:
            client.identity("203.0.113.7" if login else "192.0.2.17", helo="friend", login=login)
            client.send(Message(sender if sender is not None else login or "news@example.org",
                                list(rcpts), content))
        return message_id

    def local(self, subject, user="alice", rcpts=("anna@park.test",)):
        message_id, content = self.content(subject)
        instance.sendmail(user, ["-i", "-f", f"{user}@lab.test", *rcpts], content)
        return message_id

    def all_kinds(self, subject):
        """{Message-ID: kind}; a bounce of Postfix is there as well, under an id of its own."""
        kinds = {
            self.smtp(subject): "login",
            self.smtp(subject, login=""): "no login",
            self.smtp(subject, login="", sender=""): "null sender",
            self.smtp(subject, rcpts=["anna@park.test", "ben@ok.example.net"]): "part done",
            self.smtp(subject, port=config.PORT_XFORWARD_FILTER): "filtered",
            self.smtp(subject, port=config.PORT_PLAIN_FILTER): "filtered without XFORWARD",
            self.smtp(subject, port=config.PORT_BCC): "bcc",
            self.smtp(subject, port=config.PORT_MILTER): "milter",
            self.local(subject): "local",
            self.local(subject, user="webshop"): "local of a web server",
            self.smtp(subject, sender="carol@park.test", login="carol@park.test",
                      rcpts=["x@reject.example.net"]): "returned",
        }
        twice = self.local(subject)
        kinds[twice] = "local, requeued before"
        self.rest()
        for queue_id in self.where()[twice]:
            self.postfix.postsuper("-r", [queue_id])
        self.rest()
        return kinds

    def rest(self):
        for _ in range(2):  # a bounce or a filter begins anew
            self.postfix.wait_rest(PATIENCE)

    def where(self):
        """{Message-ID: {queue id: queue}}."""
        found = collections.defaultdict(dict)
        out = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, "list", "--json", codes=(0, 1))
        for message in map(json.loads, out.splitlines()):
            found[message["message_id"]][message["queue_id"]] = message["queue_name"]
        return found


class Runs:
    def __init__(self, postfix, check):
        self.postfix, self.check = postfix, check

    def act(self, *words, stdin=None, codes=(0,)):
        """(what was told as JSON or None, stderr) of one command, applied."""
        done = subprocess.run([tool.SPOOLSWEEP, "-s", self.postfix.queue, *words, "--apply",
                               "--yes", "--max", "100000", "--json"], timeout=120, text=True,
                              stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        self.check.true(done.returncode in codes,
                        f"{' '.join(words)}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    def preview(self, *words):
        out = tool.run(tool.SPOOLSWEEP, "-s", self.postfix.queue, *words, "--json")
        return json.loads(out)


def clear(postfix):
    subprocess.run(["postsuper", "-d", "ALL"], check=True, stderr=subprocess.DEVNULL)
    postfix.wait_rest(PATIENCE)


def test_requeue(postfix, check):
    """Everything that a requeue made is held again, and nothing else."""
    post, runs = Post(postfix), Runs(postfix, check)
    kinds = post.all_kinds("mine")
    before = post.where()
    bounces = [i for i in before if i not in kinds]
    check.equal(len(bounces), 1, f"a bounce of Postfix: {bounces}")
    kinds[bounces[0]] = "bounce"
    kinds = {i: kind for i, kind in kinds.items() if i in before}
    check.equal(len(kinds), len(before), "messages in the queue")
    told, _ = runs.act("requeue", "--all", "ALL")
    run = told["run"]
    post.all_kinds("others")
    others = {i for i in post.where() if i not in kinds}
    after = post.where()
    for message_id, kind in kinds.items():
        check.true(not after[message_id].keys() & before[message_id].keys(),
                   f"{kind}: has a new id")
    preview = runs.preview("undo", str(run))
    check.equal((preview["messages"], preview["missing"], preview["unsure"]), (len(kinds), 0, 0),
                "the preview of the undo")
    told, said = runs.act("undo", str(run))
    check.true("more of run" not in said, f"nothing is left to be taken: {said}")
    held = post.where()
    for message_id, kind in kinds.items():
        check.equal(list(held[message_id].values()), ["hold"], f"{kind}: is on hold")
    for message_id in others:
        check.equal(held[message_id], after[message_id], f"{message_id} of others")
    back, _ = runs.act("undo", str(told["run"]))
    check.equal(back["outcomes"]["done"], len(kinds), "the undo is undone")
    check.note(f"requeued and taken back: {', '.join(sorted(kinds.values()))}")
    check.note(f"of others, not touched: {len(others)}")
    clear(postfix)


def test_not_certain(postfix, check):
    """Without Received lines local mail has nothing that tells it from other mail."""
    post, runs = Post(postfix), Runs(postfix, check)
    traced = [post.smtp("mine") for _ in range(3)]
    lost = [post.local("mine") for _ in range(3)]
    post.rest()
    # Before, not after: a reload stops pickup in the middle, and what it has in hand is there twice.
    postfix.set(header_checks=f"regexp:{STRIP}")
    post.rest()
    told, _ = runs.act("requeue", "subject=mine")
    post.rest()
    runs.act("undo", str(told["run"]))
    check_held(post, check, {**dict.fromkeys(traced, "hold")}, "before header checks")
    clear(postfix)
    traced = [post.smtp("mine") for _ in range(3)]
    lost = [post.local("mine") for _ in range(3)]
    post.rest()
    told, _ = runs.act("requeue", "subject=mine")
    post.rest()
    preview = runs.preview("undo", str(told["run"]))
    check.equal((preview["messages"], preview["missing"], preview["unsure"]), (3, 0, 3),
                "without Received lines")
    runs.act("undo", str(told["run"]))
    check_held(post, check, {**dict.fromkeys(traced, "hold"), **dict.fromkeys(lost, "deferred")},
               "without Received lines")
    postfix.set(header_checks=f"regexp:{config.CONFIG}/header_checks")
    clear(postfix)


def check_held(post, check, wanted, what):
    there = post.where()
    for message_id, queue in wanted.items():
        check.equal(list(there[message_id].values()), [queue], f"{what}: {message_id}")


def test_filter(postfix, check):
    """Behind a content filter it is another message: not touched, and counted."""
    post, runs = Post(postfix), Runs(postfix, check)
    ids = [post.smtp("mine") for _ in range(3)] + [post.local("mine")]
    post.rest()
    # Of pickup(8) alone: what comes back from the filter does not pass it again.
    setting = "pickup/unix/content_filter"
    instance.run("postconf", "-P", f"{setting}=xforward:[127.0.0.1]:{config.FILTER_XFORWARD}")
    instance.run("postfix", "reload", stderr=subprocess.DEVNULL)
    post.rest()
    told, _ = runs.act("requeue", "subject=mine")
    time.sleep(1)
    post.rest()
    _, said = runs.act("undo", str(told["run"]), codes=(1,))
    check.true(f"{len(ids)} of run" in said, f"counted: {said}")
    check_held(post, check, dict.fromkeys(ids, "deferred"), "behind the filter")
    instance.run("postconf", "-PX", setting)
    instance.run("postfix", "reload", stderr=subprocess.DEVNULL)
    clear(postfix)


def test_maildrop(postfix, check, delivered):
    """What pickup(8) has not taken yet goes back as it was, recipients that are done included."""
    post, runs = Post(postfix), Runs(postfix, check)
    ids = [post.smtp("mine", rcpts=["anna@park.test", "ben@ok.example.net"]) for _ in range(3)]
    ids += [post.local("mine")]
    post.rest()
    before = {i: list(queue_ids) for i, queue_ids in post.where().items()}
    postfix.stop()
    told, _ = runs.act("requeue", "subject=mine")
    check_held(post, check, dict.fromkeys(ids, "maildrop"), "requeued while Postfix is down")
    fresh = post.local("mine")
    told, _ = runs.act("undo", str(told["run"]))
    check_held(post, check, {**dict.fromkeys(ids, "hold"), fresh: "maildrop"}, "taken back")
    check.equal({i: list(post.where()[i]) for i in ids}, before, "their ids")
    # The way back of that goes on with the requeue.
    runs.act("undo", str(told["run"]))
    check_held(post, check, dict.fromkeys(ids, "maildrop"), "given to pickup again")
    runs.act("undo", str(told["run"] - 1))
    postfix.start()
    post.rest()
    runs.act("release", "queue_name=hold")
    postfix.set(defer_transports="", transport_maps="")
    until = time.monotonic() + PATIENCE
    while postfix.files() and time.monotonic() < until:
        postfix.flush()
        postfix.hurry_skipped()
        time.sleep(0.5)
    times = delivered()
    for message_id in [*ids, fresh]:
        check.equal(times[message_id, "anna@park.test"], 1, f"{message_id} is delivered")
    for message_id in ids[:3]:
        check.equal(times[message_id, "ben@ok.example.net"], 1, f"{message_id}, done before")
    postfix.set(defer_transports="park", transport_maps=f"texthash:{config.CONFIG}/transport")


def test_at_once(postfix, check, rounds):
    """A requeue is taken back while pickup(8) is at it: nothing is lost, nothing goes on unseen."""
    post, runs = Post(postfix), Runs(postfix, check)
    ids = {post.smtp("mine") for _ in range(30)} | {post.local("mine") for _ in range(30)}
    post.rest()
    again, twice = 0, set()
    for _ in range(rounds):
        told, _ = runs.act("requeue", "subject=mine", codes=(0, 3))
        run, said = told["run"], "more of run"
        while "more of run" in said:
            again += 1
            _, said = runs.act("undo", str(run), codes=(0, 1, 3))
            post.rest()
        there = post.where()
        check.none(sorted(ids - there.keys()), "lost")
        check.none([f"{i}: {there[i]}" for i in ids if "hold" not in there[i].values()],
                   "none of it is on hold")
        loose = {i: there[i] for i in ids if set(there[i].values()) != {"hold"}}
        twice |= {i for i in ids if len(there[i]) > 1}
        check.none([f"{i}: {queues}" for i, queues in loose.items()], "went on")
    check.note(f"{rounds} requeues taken back at once, in {again} runs; there twice: {len(twice)}")
    clear(postfix)


def processes(name):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() == name:
                    found.append(int(pid))
        except OSError:
            continue  # It ended while we looked.
    return found


def in_hand():
    """How many messages of maildrop pickup(8) has open."""
    count = 0
    for pid in processes("pickup"):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                count += "/maildrop/" in os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                continue  # Closed while we looked.
    return count


def test_in_hand(postfix, check):
    """What pickup(8) has in hand when the requeue is taken back comes to be there twice, on hold."""
    post, runs = Post(postfix), Runs(postfix, check)
    ids = [post.local("mine") for _ in range(5)]
    post.rest()
    stopped = processes("cleanup")
    check.true(stopped, "a cleanup process that can be stopped")
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    told, _ = runs.act("requeue", "subject=mine")
    run = str(told["run"])
    until = time.monotonic() + PATIENCE
    while not in_hand() and time.monotonic() < until:
        time.sleep(0.05)
    check.equal(in_hand(), 1, "messages that pickup has open")
    _, said = runs.act("undo", run, codes=(3,))
    check.true("still taking mail in" in said, f"it is said: {said}")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    post.rest()
    there = post.where()
    check.equal(sorted(len(queues) for queues in there.values()), [1, 1, 1, 1, 2],
                "one is there twice")
    runs.act("undo", run)
    there = post.where()
    check.equal({queue for queues in there.values() for queue in queues.values()}, {"hold"},
                "all of it is on hold")
    check.equal(sorted(there), sorted(ids), "what is there")
    check.note("pickup had one in hand: there twice, both on hold")
    clear(postfix)


def test_ids(postfix, check):
    """list --ids and mailq(1), through a pipe and from a file of root's."""
    post, runs = Post(postfix), Runs(postfix, check)
    mine = [post.smtp("mine") for _ in range(5)]
    others = [post.smtp("others") for _ in range(5)]
    post.rest()
    there = post.where()
    postfix.postsuper("-h", [next(iter(there[mine[0]]))])
    with subprocess.Popen([tool.SPOOLSWEEP, "-s", postfix.queue, "list", "--ids", "subject=mine"],
                          stdout=subprocess.PIPE) as listing:
        told, said = runs.act("purge", "--ids-from", "-", stdin=listing.stdout)
    check.equal((told["ids"]["given"], told["outcomes"]["done"]), (5, 5), f"list --ids: {said}")
    check.equal(sorted(post.where()), sorted(others), "what is left")
    runs.act("undo", str(told["run"]))
    marked = subprocess.run("mailq | awk '/^[0-9A-F]/ { print $1 }'", shell=True, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    check.equal(marked.count("!"), 5, f"mailq marks what is on hold: {marked}")
    path = "/lab/ids"
    with open(path, "w") as file:
        file.write(marked.replace("\n", "\r\n") + "\n4NEVER\n")
    os.chmod(path, 0o600)
    told, said = runs.act("release", "--ids-from", path, "subject=mine")
    check.equal((told["outcomes"]["done"], told["ids"]["missing"], told["ids"]["unmatched"]),
                (5, 1, 5), f"mailq: {said}")
    check_held(post, check, dict.fromkeys(others, "deferred"), "of others")
    journal = json.loads(tool.run(tool.SPOOLSWEEP, "-s", postfix.queue, "journal",
                                  str(told["run"]), "--json"))
    check.equal((journal["ids"], journal["ids_from"]), (11, path), "in the journal")
    check.note("ids through a pipe and from mailq: done")
    clear(postfix)


def test_late(postfix, check):
    """What Postfix returns at once is told before, and is what Postfix then returns."""
    post, runs = Post(postfix), Runs(postfix, check)
    old = [post.smtp("mine"), post.smtp("mine", login="", sender="")]
    post.rest()
    postfix.set(maximal_queue_lifetime="1h", bounce_queue_lifetime="3s")
    time.sleep(4)
    told, _ = runs.act("purge", "subject=mine")
    check.equal(runs.preview("undo", str(told["run"]))["past_lifetime"], 1, "the null sender's")
    postfix.set(maximal_queue_lifetime="3s")
    text = tool.run(tool.SPOOLSWEEP, "-s", postfix.queue, "undo", str(told["run"])).decode()
    check.true("LATE 2 are past" in text and "default" not in text, f"the preview: {text}")
    told, _ = runs.act("undo", str(told["run"]), "--to", "origin")
    check.equal(told["past_lifetime"], 2, "both")
    postfix.flush()
    post.rest()
    expired = sum("status=expired" in line for line in postfix.log())
    check.equal(expired, 2, "Postfix gave them up")
    check.note(f"past their life time: {len(old)} told, {expired} given up")
    postfix.set(maximal_queue_lifetime="5d", bounce_queue_lifetime="5d")
    clear(postfix)


def delivered():
    with open(RECORD) as file:
        taken = [json.loads(line) for line in file]
    return collections.Counter((mail["message_id"], rcpt)
                               for mail in taken for rcpt in mail["recipients"])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    rounds = 30 if options.parse_args().long else 3
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    with open(STRIP, "w") as file:
        file.write("/^Received:/ IGNORE\n")
    with instance.Instance(queue="/lab/spool/undo", enable_long_queue_ids="no",
                           fast_flush_domains="", maximal_queue_lifetime="5d",
                           bounce_queue_lifetime="5d") as postfix, \
            Filter(config.FILTER_XFORWARD, config.REINJECT, xforward=True), \
            Filter(config.FILTER_PLAIN, config.REINJECT, xforward=False), \
            Milter(), Sink(config.SINK, RECORD):
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        test_ids(postfix, check)
        test_late(postfix, check)
        test_requeue(postfix, check)
        test_not_certain(postfix, check)
        test_filter(postfix, check)
        test_maildrop(postfix, check, delivered)
        test_in_hand(postfix, check)
        test_at_once(postfix, check, rounds)
    check.finish()


if __name__ == "__main__":
    main()
