"""
The queue of another server, copied: its users have other numbers there, its files other
inodes than their names say, and no Postfix uses it. It is acted on, then given to a
Postfix, which must find nothing odd and deliver what was to be delivered.
"""

import argparse
import collections
import json
import os
import subprocess
import time

import config
import instance
import tool
from check import Check
from sink import Sink
from smtp import Client, Message

ORIGIN, COPY = "/lab/spool/origin", "/lab/spool/copy"
SPAMMER, OTHER = "bob@example.com", "carol@example.org"
RECORD = "/lab/delivered"
ELSEWHERE = 4000  # added to the ids of users and groups
PATIENCE = 60


class Copy:
    def __init__(self, check):
        self.check = check

    def act(self, *words, done):
        """One command; the ids of the messages that it did something to."""
        out = tool.run(tool.SPOOLSWEEP, "--offline", "-s", COPY, *words, "--apply", "--yes",
                       "--max", "99", "--json")
        told = json.loads(out)
        counts = {name: count for name, count in told["outcomes"].items() if count}
        self.check.equal((counts, told["remembered"]), ({"done": done}, 0), " ".join(words))
        return told["run"]

    @staticmethod
    def ids(condition):
        out = tool.run(tool.SPOOLSWEEP, "--offline", "-s", COPY, "list", "--json", condition,
                       codes=(0, 1))
        return [json.loads(line)["message_id"] for line in out.splitlines()]


def send(login, rcpt, count, sent):
    with Client(config.PORT_SUBMIT) as client:
        client.identity("203.0.113.7", helo="friend", login=login)
        for _ in range(count):
            sent.append(f"<{len(sent)}@origin.test>")
            content = f"Message-ID: {sent[-1]}\n\nHello.\n".encode()
            client.send(Message(login, [rcpt], content))


def shift(by):
    """Gives every file of the copy to a user, and a group, of another number."""
    for folder, folders, names in os.walk(COPY):
        for path in [folder, *(os.path.join(folder, name) for name in [*folders, *names])]:
            status = os.lstat(path)
            uid, gid = status.st_uid, status.st_gid
            if path != folder or folder == COPY:
                os.chown(path, uid and uid + by, gid and gid + by, follow_symlinks=False)


def fill(check, ids):
    """A queue with mail in every state, at rest; the Message-IDs."""
    sent = []
    with Sink(config.SINK_STALL, stall=True), \
            instance.Instance(queue=ORIGIN, enable_long_queue_ids=ids, fast_flush_domains="",
                              hash_queue_names="deferred defer") as postfix:
        for login in (SPAMMER, OTHER):
            send(login, "x@park.test", 4, sent)
            send(login, "x@stall.test", 2, sent)
        postfix.wait_rest(PATIENCE, busy=("incoming", "maildrop"))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and collections.Counter(
                queue for queue, _ in postfix.files().values())["deferred"] != 8:
            time.sleep(0.1)
        mine = [m["queue_id"] for m in postfix.list() if m["sender"] == OTHER and
                m["queue_name"] == "deferred"]
        postfix.postsuper("-h", mine[:2])
    content = b"Message-ID: <local@origin.test>\n\nHello.\n"
    instance.sendmail("alice", ["-i", "-f", "alice@lab.test", "x@park.test"], content)
    found = collections.Counter(queue for queue, _ in postfix.files().values())
    check.equal(found, {"deferred": 6, "active": 4, "hold": 2, "maildrop": 1}, "what there is")
    return [*sent, "<local@origin.test>"]


def check_guess(check):
    """Nothing here says which domains were the old server's; Postfix's own stamp does."""
    told = json.loads(tool.run(tool.SPOOLSWEEP, "--offline", "-s", COPY, "report", "--json"))
    guessed = {one["domain"]: one["because"] for one in told["spools"][0]["local_domains_guessed"]}
    check.equal(guessed.get(config.HOSTNAME.partition(".")[2]), "this server's own name",
                f"guessed: {guessed}")


def act(check):
    """The Message-IDs of what is not to be delivered, and the run that purged some of it."""
    copy = Copy(check)
    purged = copy.act("purge", f"account={SPAMMER} and queue=deferred", done=4)
    copy.act("hold", f"account={SPAMMER} and queue=active", done=2)
    copy.act("release", f"sender={OTHER} and queue=hold", done=2)
    run = copy.act("hold", f"sender={OTHER} and queue=active", done=2)
    copy.act("undo", str(run), done=2)
    copy.act("retry", f"sender={OTHER} and queue=deferred and next_retry>+1s", done=2)
    copy.act("requeue", f"sender={OTHER} and queue=deferred", done=2)
    copy.act("undo", str(purged), done=4)
    run = copy.act("purge", f"account={SPAMMER}", done=6)
    copy.act("undo", str(run), "rcpt_domain=stall.test", done=2)
    held = copy.ids("queue=hold")
    check.equal(len(held), 2, "on hold in the copy")
    trash = tool.run(tool.SPOOLSWEEP, "--offline", "-s", COPY, "list", "--json", "--trash")
    trash = [json.loads(line)["message_id"] for line in trash.splitlines()]
    check.equal(len(trash), 4, "in the trash of the copy")
    return held + trash, run


def check_way_back(check, run):
    """
    What lies in the trash has the name of a file of the old server: not while ids are made.
    Journals are found by the owner of the queue, so they move with it.
    """
    owner = os.stat(f"{COPY}/active").st_uid
    os.rename(f"/lab/state/{owner + ELSEWHERE}", f"/lab/state/{owner}")
    subprocess.run(["chown", "-R", f"{owner}", f"/lab/state/{owner}"], check=True)
    undo = [tool.SPOOLSWEEP, "-s", COPY, "undo", str(run), "--apply", "--yes", "--json"]
    done = subprocess.run(undo, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60,
                          check=False)
    check.equal(json.loads(done.stdout)["outcomes"]["refused"], 4, "undo while Postfix runs")


def owners():
    return {os.lstat(os.path.join(folder, name)).st_uid
            for folder, _, names in os.walk(COPY) for name in names if "pid" not in folder}


def check_accepts(check, command, expected=()):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False)
    said = [line for line in done.stdout.splitlines() if not any(e in line for e in expected)]
    check.equal((done.returncode, said), (0, []), " ".join(command))


def test(check, ids):
    open(RECORD, "w").close()
    subprocess.run(["rm", "-rf", ORIGIN, COPY], check=True)
    sent = fill(check, ids)
    subprocess.run(["cp", "-a", ORIGIN, COPY], check=True)
    shift(ELSEWHERE)
    before = owners()
    check_guess(check)
    kept_back, purge = act(check)
    check.equal(owners(), before, "whose the files are")
    shift(-ELSEWHERE)

    with Sink(config.SINK, RECORD, answer=lambda *_: None):
        postfix = instance.Instance(queue=COPY, enable_long_queue_ids=ids, fast_flush_domains="",
                                    transport_maps="", defer_transports="",
                                    hash_queue_names="deferred defer")
        # postsuper logs as its user while nobody else writes the log.
        os.chmod(config.LOG, 0o666)
        # What is copied has other inodes, whoever copied it and whatever was done to it.
        renamed = ("inode", "Renamed", "QUEUE FILE NAMES")
        check_accepts(check, ["postsuper", "-s"], renamed)
        check_accepts(check, ["postsuper", "-s"])
        check_accepts(check, ["postfix", "check"])
        with postfix:
            postfix.flush()
            wanted = collections.Counter(set(sent) - set(kept_back))
            until = time.monotonic() + PATIENCE
            found = None
            while found != wanted and time.monotonic() < until:
                time.sleep(0.2)
                postfix.hurry_skipped()
                with open(RECORD) as file:
                    found = collections.Counter(json.loads(line)["message_id"] for line in file)
            check.equal(found, wanted, "delivered")
            left = collections.Counter(queue for queue, _ in postfix.files().values())
            check.equal(left, {"hold": 2}, "left")
            if ids == "no":
                check_way_back(check, purge)
        trouble = [line for line in postfix.log() if "panic:" in line or "fatal:" in line or
                   "warning:" in line or "corrupt" in line]
        check.none([line for line in trouble if not any(word in line for word in renamed)],
                   "the log")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    long = options.parse_args().long
    os.environ["SPOOLSWEEP_STATE"] = "/lab/state"
    check = Check()
    for ids in ("no", "yes") if long else ("no",):
        test(check, ids)
    check.finish()


if __name__ == "__main__":
    main()
