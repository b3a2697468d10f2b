"""
Queues on disks that are full, read-only, or unlike ext4, on real mounts. No Postfix runs.

A full disk is one from the first byte: without blocks or without inodes, for the owner of
the queue or for root too, with the journals on it or elsewhere. After every command all
messages are counted by their content, in the queue and in the trash: each is there once,
or is one that the command was to remove for good and says it did; what the journal says of
a message is where it lies.
"""

import argparse
import contextlib
import errno
import hashlib
import json
import os
import pwd
import shutil
import subprocess

import tool
from check import Check

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
OWNER = "nobody"
LARGEST = 5 << 20
BOB = "account=bob@example.com"
LAB = "/lab/spool"  # on a real file system
RAM = "/lab/ram"  # a tmpfs, for images and journals: nothing waits for a disk


# ---- mounts ----

def mount(*words):
    subprocess.run(["mount", *words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


@contextlib.contextmanager
def mounted(place, *words):
    os.makedirs(place, exist_ok=True)
    mount(*words, place)
    try:
        os.chmod(place, 0o755)
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@contextlib.contextmanager
def disk(place, kind, megabytes, *options):
    """A file with a file system in it."""
    image = place + ".image"
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run([f"mkfs.{kind}", "-q", *options, image], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with mounted(place, "-o", "loop", image):
        yield place
    os.unlink(image)


def can_have(check, kind):
    """The smallest of XFS and of btrfs are as large."""
    try:
        with disk(f"{RAM}/probe", kind, 320):
            return True
    except (OSError, subprocess.CalledProcessError):
        check.note(f"SKIP {kind}: this machine has no loop devices, or no mkfs.{kind}")
        return False


# ---- filling a disk ----

def write_all(path):
    """Writes until there is not room for a byte."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    size = 1 << 20
    while size:
        try:
            if os.write(fd, bytes(size)) < size:
                size //= 2
        except OSError as error:
            assert error.errno == errno.ENOSPC, error
            size //= 2
    os.close(fd)


def fill_blocks(place):
    os.mkdir(f"{place}/fill")
    write_all(f"{place}/fill/file")


def fill_blocks_for_owner(place):
    """As the owner of the queue: the blocks for root stay."""
    path = f"{place}/fill/file"
    os.mkdir(f"{place}/fill")
    os.chmod(f"{place}/fill", 0o755)
    owner = pwd.getpwnam(OWNER).pw_uid
    os.close(os.open(path, os.O_CREAT, 0o600))
    os.chown(path, owner, -1)
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setuid(owner)
        write_all(path)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def fill_inodes(place):
    os.mkdir(f"{place}/fill")
    for number in range(1 << 20):
        try:
            os.close(os.open(f"{place}/fill/{number}", os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            assert error.errno == errno.ENOSPC, error
            return


# ---- a queue and what becomes of it ----

class Site:
    """A queue, its journals, and all its messages as they were."""

    def __init__(self, check, name, queue, state, *options, made=False):
        self.check, self.name, self.queue, self.state = check, name, queue, state
        self.options = options
        if not made:
            forge(queue)
        configure(queue)
        self.before = self.now = census(queue)
        self.removed = set()

    def run(self, *words):
        """Exit code, output, errors; then every message is looked for."""
        done = subprocess.run(
            [tool.SPOOLSWEEP, "-s", self.queue, *self.options, *words], text=True,
            env={**os.environ, "SPOOLSWEEP_STATE": self.state}, timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.told = f"{self.name}: {' '.join(words)}: exit {done.returncode}: " \
                    f"{done.stdout[-300:]}{done.stderr[-600:]}"
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.count()
        return done.returncode

    def act(self, *words, codes=(0,), says=()):
        self.run(*words, "--apply", "--yes", "--max", "10000")
        self.check.true(self.code in codes, self.told)
        for text in says:
            self.check.true(text in self.out + self.err, f"no {text!r}: {self.told}")
        return self.code == 0

    def count(self):
        """Nothing is lost, nothing is there twice, nothing has changed."""
        now = census(self.queue)
        for queue_id in self.before.keys() - now.keys() - self.removed:
            self.check.true(False, f"LOST {queue_id}: {self.told}")
        for queue_id, found in now.items():
            self.check.true(len(found) == 1, f"twice {queue_id}: {found} {self.told}")
            self.check.true(found[0][0] == self.before[queue_id][0][0],
                            f"another content {queue_id}: {self.told}")
        self.now = now

    def places(self):
        return {queue_id: found[0][1] for queue_id, found in self.now.items()}

    def agrees(self, number, done):
        """What the journal of a run says of each message: those done, and only those, `done`."""
        self.run("journal", str(number), "--json")
        places = self.places()
        items = json.loads(self.out)["items"] if self.code == 0 else []
        self.check.true(items, f"no journal: {self.told}")
        for item in items:
            place = places.get(item["queue_id"], "")
            said = item["outcome"] in ("done", "untidy", "delivering")
            self.check.equal(done(place), said,
                             f"{self.name}: journal {number}: {item} lies in {place!r}")

    def last_run(self):
        self.run("journal", "--json")
        return max([json.loads(line)["run"] for line in self.out.splitlines()], default=0)

    def remove_bob(self, *words, codes=(0,), says=()):
        """--no-undo: all of Bob's that is in the queue goes, and nothing else, or nothing."""
        bob = {message["queue_id"] for message in tool.list_messages(self.queue, BOB)}
        self.check.true(bob, f"nothing of Bob's is left: {self.told}")
        self.removed |= bob
        gone = self.act("purge", BOB, "--no-undo", *words, codes=codes, says=says)
        if not gone:
            self.removed -= bob
            self.count()
        else:
            self.check.equal(bob & self.now.keys(), set(), f"Bob's that stay: {self.told}")
        return gone

    def expunge_all(self):
        for number in sorted(os.listdir(f"{self.queue}/spoolsweep-trash")):
            self.removed |= {queue_id for queue_id, place in self.places().items()
                             if place.startswith(f"spoolsweep-trash/{number}/")}
            self.act("expunge", "--now", number, says=("free now",))
        self.check.true(not any(map(in_trash, self.places().values())), self.told)


def configure(queue):
    """What postconf says: half of the free space that is needed as a rule."""
    open("/etc/postfix/master.cf", "w").close()
    with open("/etc/postfix/main.cf", "w") as file:
        file.write(f"queue_directory = {queue}\nmyhostname = mx.example.com\n"
                   f"mydestination =\nmessage_size_limit = {LARGEST}\n")


def forge(queue):
    tool.run(tool.FORGE, "postfix", "--messages", "300", "--seed", "5", "--owner", OWNER,
             "--incident", "stolen-account", queue)


def census(queue):
    """{queue id: [(content, place)]} of all message files, in the queue and in its trash."""
    found = {}
    trash = f"{queue}/spoolsweep-trash"
    runs = sorted(os.listdir(trash)) if os.path.isdir(trash) else []
    for root in [queue] + [f"{trash}/{run}" for run in runs]:
        for name in QUEUES:
            for folder, _, ids in os.walk(f"{root}/{name}"):
                for queue_id in ids:
                    with open(f"{folder}/{queue_id}", "rb") as file:
                        content = hashlib.sha256(file.read()).hexdigest()
                    place = f"{os.path.relpath(root, queue)}/{name}".removeprefix("./")
                    found.setdefault(queue_id, []).append((content, place))
    return found


def in_trash(place):
    return place.startswith("spoolsweep-trash/")


def on_hold(place):
    """Also of what comes out of the trash: damaged mail cannot be held."""
    return place in ("hold", "corrupt")


# ---- what is tried ----

FULL = ("DISK FULL", "frees nothing", "--no-undo")


def try_what_may_fail(site):
    """Each of these may find the room it needs or not, and has to say which."""
    for words, done in ((("hold", "sender_domain=shop.example"), on_hold),
                        (("purge", f"{BOB} and nrcpt>1"), in_trash),
                        (("undo", "1"), on_hold)):
        before = site.last_run()
        site.act(*words, codes=(0, 3, 74))
        if site.code:
            site.check.true("o space left" in site.err, site.told)
        if site.code == 74:
            site.check.equal(site.last_run(), before, f"a journal of nothing: {site.told}")
        else:
            site.agrees(before + 1, done)


def remove_for_good(site):
    """This must work. Perhaps not with a journal, and then it names the line that does."""
    before = site.last_run()
    if site.remove_bob(codes=(0, 74)):
        site.agrees(before + 1, lambda place: not place)
    else:
        site.check.true("--no-journal" in site.err, site.told)
        site.remove_bob("--no-journal", says=("without a journal", "free now"))
        site.check.equal(site.last_run(), before, f"no journal was asked for: {site.told}")
    site.expunge_all()


def go_on(site):
    """There is room: what had stopped goes on, and all is as ever."""
    for number in range(1, site.last_run() + 1):
        site.run("journal", str(number), "--json")
        if not json.loads(site.out)["complete"]:
            site.act("apply", "--resume", str(number))
    site.act("hold", "state=deferred")
    site.agrees(site.last_run(), on_hold)
    site.act("undo", str(site.last_run()))
    site.act("purge", "state=deferred")
    site.agrees(site.last_run(), in_trash)
    site.act("undo", str(site.last_run()), "--to", "origin")


def on_a_full_disk(check, name, place, fill, beside):
    state = f"{place}/state" if beside else f"{RAM}/state-{os.path.basename(place)}"
    site = Site(check, f"{name}, journals {'on it' if beside else 'elsewhere'}",
                f"{place}/queue", state)
    site.act("purge", "sender_domain=corp.example")  # run 1, from before
    fill(place)
    site.run("purge", BOB)
    check.true(all(text in site.out for text in FULL), site.told)
    site.run("purge", BOB, "--json")
    disk = json.loads(site.out)["disk"]
    check.equal((disk["full"], disk["needed_bytes"]), (True, LARGEST * 3 // 2), site.told)
    try_what_may_fail(site)
    remove_for_good(site)
    shutil.rmtree(f"{place}/fill")
    go_on(site)


def on_full_disks(check, long):
    tmpfs = ("-t", "tmpfs", "-o")
    kinds = [
        ("tmpfs without blocks", lambda at: mounted(at, *tmpfs, "size=12m", "t"), fill_blocks),
        ("tmpfs without inodes", lambda at: mounted(at, *tmpfs, "nr_inodes=1000", "t"),
         fill_inodes),
    ]
    if can_have(check, "ext4"):
        kinds += [
            ("ext4 with blocks for root", lambda at: disk(at, "ext4", 24, "-m", "10"),
             fill_blocks_for_owner),
            ("ext4 without blocks", lambda at: disk(at, "ext4", 24, "-m", "10"), fill_blocks),
            ("ext4 without inodes", lambda at: disk(at, "ext4", 24, "-N", "1500"), fill_inodes),
        ]
    for kind in ("xfs", "btrfs") if long else ():
        if can_have(check, kind):
            kinds.append((f"{kind} without blocks",
                          lambda at, kind=kind: disk(f"{LAB}/{os.path.basename(at)}", kind, 320),
                          fill_blocks))
    for number, (name, make, fill) in enumerate(kinds):
        for beside in (True, False) if long else (number % 2 == 0,):
            with make(f"{RAM}/disk-{number}-{beside:d}") as place:
                on_a_full_disk(check, name, place, fill, beside)
        check.note(name)


def on_a_full_disk_of_journals(check):
    """The queue's own disk has room: nothing is removed for good without need."""
    with mounted(f"{RAM}/full-journals", "-t", "tmpfs", "-o", "size=1m", "t") as place:
        fill_blocks(place)
        site = Site(check, "journals on a full disk", f"{RAM}/with-journals", f"{place}/state")
        site.run("purge", BOB)
        check.true("room for the journal" in site.out and "--no-undo" not in site.out, site.told)
        site.act("purge", BOB, codes=(74,), says=("make room there",))
        shutil.rmtree(f"{place}/fill")
        site.act("purge", BOB)
        site.agrees(1, in_trash)
    check.note("a full disk of journals")


def on_a_read_only_disk(check):
    with mounted(f"{RAM}/read-only", "-t", "tmpfs", "t") as place:
        site = Site(check, "read-only", f"{place}/queue", f"{RAM}/state-read-only")
        site.act("purge", "sender_domain=corp.example")
        mount("-o", "remount,ro", place)
        places = site.places()
        site.run("purge", BOB)
        check.equal(site.code, 0, f"a preview reads only: {site.told}")
        for words in (("purge", BOB), ("purge", BOB, "--no-undo"), ("hold", BOB), ("undo", "1")):
            site.act(*words, codes=(74,), says=("read-only",))
        site.act("expunge", "--now", "1", codes=(74,))
        check.equal(site.places(), places, "on a read-only disk something moved")
        check.equal(site.last_run(), 1, "runs on a read-only disk")
        mount("-o", "remount,rw", place)
        site.act("undo", "1")
    check.note("a read-only disk")


def try_everything(site):
    """Every operation, and back."""
    for words, done in ((("purge", BOB), in_trash), (("hold", BOB), on_hold)):
        before = site.places()
        site.act(*words)
        number = site.last_run()
        moved = {i for i, place in site.places().items() if place != before[i]}
        site.agrees(number, done)
        site.act("undo", str(number), *(["--to", "origin"] if words[0] == "purge" else []))
        for queue_id in moved & {i for i, place in before.items() if place == "active"}:
            before[queue_id] = "incoming"
        wrong = {i: place for i, place in site.places().items() if place != before[i]}
        site.check.equal(wrong, {}, f"not back: {site.told}")
    site.act("purge", f"{BOB} and nrcpt>1")
    site.expunge_all()
    site.remove_bob(says=("free now",))


def on_overlays(check, base):
    for name, through in (("lower", False), ("upper", True)):
        layers = {part: f"{base}/{name}/{part}" for part in ("lower", "upper", "work", "all")}
        for path in layers.values():
            os.makedirs(path)
        if not through:
            forge(f"{layers['lower']}/queue")
        options = "lowerdir={lower},upperdir={upper},workdir={work}".format(**layers)
        with mounted(layers["all"], "-t", "overlay", "-o", options, "o") as place:
            if through:
                forge(f"{place}/queue")
            queue, state = f"{place}/queue", f"{base}/{name}/state"
            site = Site(check, f"overlay, {name} layer", queue, state, made=True)
            for words in (("purge", BOB), ("hold", BOB), ("purge", BOB, "--no-undo")):
                site.act(*words, codes=(4,), says=("overlay", "--offline"))
            site = Site(check, f"overlay, {name} layer", queue, state, "--offline", made=True)
            try_everything(site)
    check.note("overlays")


def with_a_trash_elsewhere(check):
    """EXDEV: the trash is a mount point."""
    site = Site(check, "trash mounted", f"{RAM}/trash-mounted", f"{RAM}/state-trash")
    place = f"{site.queue}/spoolsweep-trash"
    with mounted(place, "-t", "tmpfs", "t"):
        owner = pwd.getpwnam(OWNER)
        os.chown(place, owner.pw_uid, owner.pw_gid)
        os.chmod(place, 0o700)
        site.act("purge", BOB, codes=(74,), says=("another file system", "unmount it"))
        check.equal(os.listdir(place), [], "in a trash that is not ours")
    os.rmdir(place)
    site.act("purge", BOB)
    check.note("a trash that is a mount point")


def on_a_tmpfs(check):
    with mounted(f"{RAM}/tmpfs", "-t", "tmpfs", "t") as place:
        try_everything(Site(check, "tmpfs", f"{place}/queue", f"{place}/state"))
    check.note("a tmpfs")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    long = options.parse_args().long
    check = Check()
    check.note(tool.version())
    with mounted(RAM, "-t", "tmpfs", "t"):
        on_a_tmpfs(check)
        on_full_disks(check, long)
        on_a_full_disk_of_journals(check)
        on_a_read_only_disk(check)
        with_a_trash_elsewhere(check)
        on_overlays(check, f"{RAM}/overlay")
    if long:
        on_overlays(check, f"{LAB}/overlay")
    with open("/proc/filesystems") as file:
        if "nfsd" not in file.read():
            check.note("SKIP NFS: this kernel has no server for it")
    check.finish()


if __name__ == "__main__":
    main()
