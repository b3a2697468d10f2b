"""
What spoolsweep finds out by itself on a machine with Postfix: the instances, their
settings and site facts through postconf, who may read, and as whom it reads.
"""

import argparse
import json
import os
import pwd
import subprocess

import config
import instance
import tool
from check import Check

OUT = "/etc/postfix-out"
OUT_QUEUE = "/lab/spool/postfix-out"
DOMAINS = "/etc/postfix/domains"


def ask(*arguments, user=None):
    """Runs spoolsweep without naming a queue: exit code, stdout, stderr."""
    options = {"user": user, "group": "nogroup", "extra_groups": []} if user else {}
    done = subprocess.run([tool.SPOOLSWEEP, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                          timeout=60, **options)
    return done.returncode, done.stdout, done.stderr


def add_second_instance():
    """A sending instance beside the first: never started, hashed in another way."""
    os.makedirs(OUT, exist_ok=True)
    os.makedirs(OUT_QUEUE, exist_ok=True)
    owner = pwd.getpwnam("postfix").pw_uid
    for name in ("maildrop", "incoming", "active", "deferred", "hold", "defer", "bounce"):
        os.makedirs(os.path.join(OUT_QUEUE, name), exist_ok=True)
        os.chown(os.path.join(OUT_QUEUE, name), owner, -1)
    with open(os.path.join(OUT, "main.cf"), "w") as file:
        file.write(f"queue_directory = {OUT_QUEUE}\nmulti_instance_name = postfix-out\n"
                   "myhostname = out.lab.test\nmydestination =\nmynetworks = 192.0.2.9/32\n"
                   "relay_domains = regexp:/etc/postfix/header_checks\n"
                   "compatibility_level = 3.6\nhash_queue_names = deferred defer hold\n"
                   "hash_queue_depth = 2\n")
    with open(os.path.join(OUT, "master.cf"), "w") as file:
        file.write("")


def add_domains():
    with open(DOMAINS, "w") as file:
        file.write("# customers\nshop.test, Office.TEST\n")
    with open(config.CONFIG + "/vmailbox", "w") as file:
        file.write("anna@boxes.test x\nboxes.test x\n")
    instance.run("postmap", f"hash:{config.CONFIG}/vmailbox")


def check_spools(check, running):
    code, out, err = ask("spools", "--json")
    check.equal((code, err), (0, ""), "spools")
    spools = [json.loads(line) for line in out.splitlines()]
    check.equal([spool["spool"] for spool in spools], ["postfix", "postfix-out"], "instances")
    first, second = spools
    check.equal([spool["settings"] for spool in spools], [config.CONFIG, OUT], "settings")
    check.equal([spool["mta"] for spool in spools],
                ["running" if running else "stopped", "stopped"], "state of the MTA")
    check.equal(first["owner_uid"], pwd.getpwnam("postfix").pw_uid, "owner")
    check.true(set(first["local_domains"]) >= {"mx1.lab.test", "shop.test", "office.test",
               "inbound.test", ".inbound.test", "boxes.test"},
               f"local domains: {first['local_domains']}")
    check.true(first["local_domains_complete"], "all local domains are known")
    check.equal(second["local_domains_complete"], False, "domains of a regexp table")
    check.true(set(first["trusted_networks"]) >= {"127.0.0.0/8", "::1/128", "192.0.2.0/25"},
               f"trusted networks: {first['trusted_networks']}")
    check.equal(second["trusted_networks"], ["192.0.2.9/32"], "trusted networks of the second")
    check.note(f"Postfix {first['version']}, {len(first['local_domains'])} local domains")


def submit(postfix, count):
    for number in range(count):
        instance.sendmail("alice", ["-f", "alice@lab.test", f"r{number}@park.test"],
                          b"Subject: site\n\nHello.\n")
    postfix.wait_rest(30)


def listed(check):
    code, out, err = ask("list", "--json")
    check.equal((code, err), (0, ""), "list of all instances")
    return {message["queue_id"]: message for message in map(json.loads, out.splitlines())}


def check_hash_depth(postfix, check):
    """Messages stay readable where they lie when the depth is changed under them."""
    submit(postfix, 6)
    before = listed(check)
    check.equal(len(before), 6, "messages before")
    postfix.postsuper("-h", list(before)[:2])
    postfix.set(hash_queue_names="deferred, defer, hold, incoming, active", hash_queue_depth="2")
    submit(postfix, 4)
    after = listed(check)
    check.equal(len(after), 10, "messages with two depths in one queue")
    check.true(set(before) <= set(after), "the messages of the old depth")
    check.equal(sum(m["queue_name"] == "hold" for m in after.values()), 2, "held")
    for queue_id, message in after.items():
        code, out, err = ask("show", queue_id, "--json")
        check.equal((code, err), (0, ""), f"show {queue_id}")
        check.equal(json.loads(out)["queue_name"], message["queue_name"], f"queue of {queue_id}")
        # The log of a message that was deferred before lies where the old depth put it.
        if queue_id not in before:
            check.true(message["recipients"][0].get("delay_reason"), f"reason of {queue_id}")


def check_rights(check):
    code, out, err = ask("report", user="alice")
    check.equal(code, 77, "exit code for a user without rights")
    check.true("sudo spoolsweep" in err, f"the line to type: {err}")
    check.true("0 messages" not in out, f"no false all-clear: {out}")
    code, out, err = ask("report", user="postfix")
    check.equal(code, 0, f"exit code for the owner: {err}")


def check_reads_as_owner(postfix, check):
    """A file that only root can read stays unread even when root asks: it read as postfix."""
    path = os.path.join(postfix.queue, "deferred", "0", "0", "00000ABCDE")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("secret of root")
    os.chmod(path, 0o700)
    code, out, err = ask("report")
    check.equal(code, 77, "exit code with one unreadable file")
    check.true("00000ABCDE: cannot open: Permission denied" in err, f"it is named: {err}")
    check.true("10 messages" in out, "the rest is reported")
    os.unlink(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.parse_args()
    check = Check()
    postfix = instance.Instance(multi_instance_directories=OUT,
                                multi_instance_wrapper="/usr/sbin/postmulti -p --",
                                multi_instance_enable="yes",
                                relay_domains=f"inbound.test, {DOMAINS}",
                                virtual_mailbox_domains=f"hash:{config.CONFIG}/vmailbox")
    add_second_instance()
    add_domains()
    with postfix:
        check_spools(check, running=True)
        check_hash_depth(postfix, check)
        check_rights(check)
        check_reads_as_owner(postfix, check)
    check_spools(check, running=False)
    check.finish()


main()
