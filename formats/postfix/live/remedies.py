"""
The lines of a remedy pasted into a shell, and what Postfix and the kernel do from then on.

Of the lines those are run that configure Postfix and the packet filter; the others are about
programs that are not here (Dovecot) or that a person has to look at.
"""

import os
import shutil
import socket
import subprocess
import time

import config
import instance
from scenes import BOB, BOBS_ADDRESS, OURS, RELAY_NET
from smtp import Client, Message, Refused

PASTED = ("printf ", "postconf ", "postfix ", "pkill ", "nft ")
FILES = ("main.cf", "master.cf")
NEW_FILES = ("locked_logins", "banned_clients", "paused_recipients", "paused_domains")
MAIL_PORT = 587
HELLO = b"Subject: hello\n\nhello\n"
USER = {"addr": "203.0.113.61", "login": f"user1@{OURS}"}


def attempt(sender=BOB, rcpt="x@park.test", **identity):
    """What a client gets to hear: "" when its message is taken."""
    try:
        with Client(config.PORT_SUBMIT) as client:
            client.identity(helo="friend", **identity)
            client.send(Message(sender, [rcpt], HELLO))
    except Refused as refused:
        return str(refused)
    return ""


class Remedies:
    def __init__(self, postfix, check, thorough):
        """thorough: with `postfix check`, which takes seconds, after the lines."""
        self.postfix, self.check, self.thorough = postfix, check, thorough
        self.saved = {name: self._read(name) for name in FILES}

    @staticmethod
    def _read(name):
        with open(f"{config.CONFIG}/{name}") as file:
            return file.read()

    def paste(self, finding):
        """All lines of the finding, in their order; those that were run."""
        done = []
        for step in finding["remedy"]:
            for line in step["commands"]:
                if not line.startswith(PASTED) or \
                        line.startswith("nft ") and not shutil.which("nft"):
                    continue
                run = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True, timeout=60)
                # 1 of these: there is none.
                nothing = run.returncode == 1 and ("| grep " in line or "pkill " in line)
                self.check.true(run.returncode == 0 or nothing,
                                f"{finding['id']}: {line}: {run.returncode} {run.stdout}")
                done.append(line)
        if self.thorough:
            checked = instance.run("postfix", "check", stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
            self.check.equal(checked.stdout, "", f"{finding['id']}: postfix check")
        # Until the daemons that were idle have seen the reload.
        time.sleep(1)
        self.check.true(done, f"{finding['id']} has lines to paste")
        return done

    def undo(self):
        """The configuration as it was before."""
        for name, text in self.saved.items():
            with open(f"{config.CONFIG}/{name}", "w") as file:
                file.write(text)
        for name in NEW_FILES:
            if os.path.exists(f"{config.CONFIG}/{name}"):
                os.unlink(f"{config.CONFIG}/{name}")
        if shutil.which("nft"):
            instance.run("nft", "delete table inet spoolsweep", check=False,
                         stderr=subprocess.DEVNULL)
        instance.run("postfix", "reload", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def taken(self, what, **mail):
        self.check.equal(attempt(**mail), "", f"{what} goes on")

    def refused(self, words, what, **mail):
        answer = attempt(**mail)
        self.check.true(words in answer, f"{what} is not refused: {answer or 'taken'}")

    def login_stopped(self, finding):
        """Also in the session that was open: it goes by the old rules as long as it lasts."""
        thief = {"addr": "198.18.99.7", "login": BOB}
        with Client(config.PORT_SUBMIT) as session:
            session.identity(helo="friend", **thief)
            session.send(Message(BOB, ["x@park.test"], HELLO))
            self.paste(finding)
            try:
                session.send(Message(BOB, ["x@park.test"], HELLO))
                self.check.true(False, "the session that was open goes on")
            except (Refused, OSError):
                pass
        self.refused("this login is locked", "bob's login", **thief)
        for who in finding["who"]:
            if who["kind"] == "account":
                self.refused("this login is locked", f"{who['value']}, from where he is",
                             login=who["value"], addr=BOBS_ADDRESS)
        self.taken("another login", **USER)
        self.packets(finding)

    def packets(self, finding):
        """An address that was taken off gets no connection, another one does."""
        if not shutil.which("nft"):
            self.check.note("SKIP packets: nft (package nftables) is not here")
            return
        lines = [line for step in finding["remedy"] for line in step["commands"]
                 if line.startswith("nft add element")]
        banned = lines[0].split("{ ")[1].split(",")[0].split("/")[0].split(" ")[0]
        if banned.endswith(".0"):
            banned = banned[:-1] + "9"
        with socket.create_server(("127.0.0.1", MAIL_PORT)):
            for address, wanted in ((banned, False), (BOBS_ADDRESS, True)):
                instance.run("ip", "address", "add", f"{address}/32", "dev", "lo")
                try:
                    socket.create_connection(("127.0.0.1", MAIL_PORT), timeout=1,
                                             source_address=(address, 0)).close()
                    connected = True
                except OSError:
                    connected = False
                self.check.equal(connected, wanted, f"{address} gets a connection")
                instance.run("ip", "address", "del", f"{address}/32", "dev", "lo")

    def relay_closed(self, finding):
        stranger = {"addr": f"{RELAY_NET}.240", "sender": "x@strange.example.org"}
        self.taken("before, the relay", **stranger)
        self.paste(finding)
        self.refused("Relay access denied", "a stranger's mail to strangers", **stranger)
        self.taken("a stranger's mail to us", rcpt=f"user1@{OURS}", addr="192.0.2.77")
        self.taken("a login", **USER)
        self.taken("a machine of ours", addr="10.0.1.9")

    def host_stopped(self, finding):
        self.paste(finding)
        self.refused("Access denied", "the host", addr="10.0.4.23")
        self.taken("another host", addr="10.0.1.9")
        self.taken("a login", **USER)

    def user_stopped(self, finding):
        self.paste(finding)
        for user, wanted in (("webshop", False), ("alice", True)):
            try:
                instance.sendmail(user, ["-i", "-f", f"{user}@{OURS}", "x@park.test"], HELLO)
                submitted = True
            except subprocess.CalledProcessError:
                submitted = False
            self.check.equal(submitted, wanted, f"{user} may submit")
        self.taken("a login", **USER)

    def unknown_users_refused(self, finding):
        """Once the users of the domain are listed, which only its admin can do."""
        self.paste(finding)
        users = f"{config.CONFIG}/known_users"
        with open(users, "w") as file:
            file.write(f"user1@{OURS} x\n")
        instance.run("postconf", "-e", f"relay_recipient_maps=texthash:{users}")
        instance.run("postfix", "reload", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.refused("450 4.1.1", "mail to nobody", rcpt=f"nobody@{OURS}", addr="192.0.2.77")
        self.taken("mail to a user", rcpt=f"user1@{OURS}", addr="192.0.2.77")
        os.unlink(users)

    def domain_paused(self, finding):
        """New mail to it is taken, and waits without an attempt."""
        self.paste(finding)
        self.taken("mail to the domain", rcpt="late@down.test", **USER)
        self.check.true(self.postfix.wait_rest(20), "it comes to rest")
        reasons = [rcpt.get("delay_reason") for one in self.postfix.list()
                   for rcpt in one["recipients"] if rcpt["address"] == "late@down.test"]
        self.check.equal(reasons, ["deferred transport"], "why it waits")
