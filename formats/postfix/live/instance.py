"""
A real Postfix in the private root: set up, started, stopped, asked.

What it is told is in config.py.
"""

import grp
import json
import os
import pwd
import subprocess
import time

import config
from config import CONFIG, LOG


def run(*command, check=True, **options):
    """Runs a program to its end; text in and out."""
    return subprocess.run(command, check=check, text=True, timeout=120, **options)


def sendmail(user, arguments, content):
    """Submits with sendmail(1) as one of config.LOCAL_USERS; content is bytes."""
    subprocess.run(["/usr/sbin/sendmail", *arguments], input=content, check=True, timeout=60,
                   user=config.LOCAL_USERS[user], group="nogroup", extra_groups=[],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _prepare_users():
    """What the package's own installer would have done."""
    for group in ("postfix", "postdrop"):
        try:
            grp.getgrnam(group)
        except KeyError:
            run("groupadd", "--system", group)
    if not _known_user("postfix"):
        run("useradd", "--system", "-g", "postfix", "-d", "/nonexistent", "-M", "postfix")
    for name, uid in config.LOCAL_USERS.items():
        if not _known_user(name):
            run("useradd", "-u", str(uid), "-c", f"Lab {name.capitalize()}", "-M", name)
    for program in ("postdrop", "postqueue"):
        path = f"/usr/sbin/{program}"
        os.chown(path, 0, grp.getgrnam("postdrop").gr_gid)
        os.chmod(path, 0o2755)


def _known_user(name):
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _daemons():
    """The processes of Postfix: this root has a process table of its own."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            mine = os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam("postfix").pw_uid
        except OSError:
            continue  # It ended while we looked.
        if mine and words[0] or words[0].endswith(b"/sbin/master"):
            found.append(int(pid))
    return found


class Instance:
    """One Postfix. Use as a context manager: it is stopped when the block ends."""

    def __init__(self, queue="/lab/spool/postfix", **settings):
        """settings are further lines of main.cf: minimal_backoff_time="3"."""
        self.queue = queue
        self.running = False
        self.skipped = {}
        _prepare_users()
        os.makedirs(queue, exist_ok=True)
        data = "/var/lib/postfix-lab"
        os.makedirs(data, exist_ok=True)
        os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)
        open(LOG, "w").close()
        # Where no daemon runs postsuper writes it itself, as the mail owner, or ends at once.
        os.chown(LOG, pwd.getpwnam("postfix").pw_uid, -1)
        places = {"queue_directory": queue, "data_directory": data}
        self._write("main.cf", _main_cf({**places, **settings}))
        self._write("master.cf", config.MASTER_CF)
        self._write("relay_clients", config.RELAY_CLIENTS)
        self._write("transport", config.TRANSPORT)
        self._write("virtual", config.VIRTUAL)
        run("postmap", f"hash:{CONFIG}/virtual")
        self._write("header_checks", config.HEADER_CHECKS)

    @staticmethod
    def _write(name, text):
        with open(os.path.join(CONFIG, name), "w") as file:
            file.write(text)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        run("postfix", "start", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running = True

    def start_listing(self):
        """
        Only showq and the log, without the repairs that `postfix start` makes first: the
        queue stays as it is, and showq's warnings reach the log.
        """
        self._write("master.cf", config.LISTING_CF)
        postfix = pwd.getpwnam("postfix").pw_uid
        for name, owner in (("pid", 0), ("private", postfix), ("public", postfix)):
            path = os.path.join(self.queue, name)
            os.makedirs(path, exist_ok=True)
            os.chown(path, owner, -1)
        folder = run("postconf", "-h", "daemon_directory", stdout=subprocess.PIPE).stdout.strip()
        run(os.path.join(folder, "master"), "-w")
        self.running = True

    def stop(self):
        """At once: what is in active and incoming stays there."""
        if self.running:
            run("postfix", "abort", check=False, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            # The signal is sent, the daemons may still write.
            until = time.monotonic() + 20
            while _daemons() and time.monotonic() < until:
                time.sleep(0.05)
        self.running = False

    def set(self, **settings):
        """Changes main.cf of a running instance."""
        run("postconf", "-e", *[f"{name}={value}" for name, value in settings.items()])
        if self.running:
            run("postfix", "reload", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def flush(self):
        """Another attempt for everything deferred."""
        run("postqueue", "-f")

    def postsuper(self, option, queue_ids):
        """postsuper -d, -h, -H, -r or -e for a list of ids, in one run."""
        run("postsuper", option, "-", input="".join(f"{i}\n" for i in queue_ids),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def list_lines():
        """What postqueue -j prints, and its warnings but the one that Postfix is down."""
        done = run("postqueue", "-j", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        warnings = [line for line in done.stderr.splitlines()
                    if "Mail system is down -- accessing queue directly" not in line]
        return done.stdout.splitlines(), warnings

    def list(self):
        return [json.loads(line) for line in self.list_lines()[0]]

    def version(self):
        return run("postconf", "-dh", "mail_version", stdout=subprocess.PIPE).stdout.strip()

    def log(self):
        """All of it: postlogd(8) writes what the others tell it a moment later."""
        until, size = time.monotonic() + 10, -1
        while size != os.path.getsize(LOG) and time.monotonic() < until:
            size = os.path.getsize(LOG)
            time.sleep(0.3)
        with open(LOG, errors="replace") as file:
            return file.read().splitlines()

    def hurry_skipped(self, log=LOG, settings=CONFIG):
        """
        What qmgr found locked, by us or by an agent, waits for a minute, and where nobody wakes
        qmgr for longer. Only when there is such a message: who is to wake qmgr is tested too.
        """
        with open(log, errors="replace") as file:
            skipped = file.read().count(": skipped, still being delivered")
        if skipped > self.skipped.get(log, 0):
            self.skipped[log] = skipped
            # All time stamps, deferred and incoming: global/mail_proto.h.
            run("postkick", "-c", settings, "public", "qmgr", "ADI", check=False)

    def files(self):
        """
        {queue id: (queue name, inode)} of the complete message files, read from the
        folders and nothing else. A message that moves meanwhile may be missing.
        """
        found = {}
        for name in ("maildrop", "incoming", "active", "deferred", "hold"):
            for folder, _, names in os.walk(os.path.join(self.queue, name)):
                for queue_id in names:
                    try:
                        status = os.stat(os.path.join(folder, queue_id), follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if status.st_mode & 0o700 == 0o700:
                        found[queue_id] = (name, status.st_ino)
        return found

    def wait_rest(self, seconds, busy=("incoming", "active", "maildrop")):
        """
        Waits until no message is on its way any more; True when that came. busy:
        the queues that have to be empty.
        """
        until = time.monotonic() + seconds
        quiet = 0
        while time.monotonic() < until:
            moving = any(name in busy for name, _ in self.files().values())
            # Two looks: between two queues a message is for a moment in neither.
            quiet = 0 if moving else quiet + 1
            if quiet == 2:
                return True
            time.sleep(0.1)
        return False


def _main_cf(settings):
    """MAIN_CF with settings in the place of its own; Postfix warns of names given twice."""
    kept = [line for line in config.MAIN_CF.splitlines() if line.split(" ")[0] not in settings]
    return "\n".join(kept + [f"{name} = {value}" for name, value in settings.items()]) + "\n"
