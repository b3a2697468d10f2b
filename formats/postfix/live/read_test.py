"""
Reads the queue of a real Postfix at rest: a thousand messages of every kind.

`spoolsweep list --json` has to equal `postqueue -j` member by member, once with
Postfix running and once stopped with mail in maildrop, incoming and active; and
account, address, HELO and uid have to equal what was said while submitting.
"""

import argparse
import copy
import email
import json
import re
import time

import compare
import config
import instance
import tool
from check import Check
from filter import Filter
from inject import Injector, inject, mixed_jobs, truth_lines
from milter import Milter
from sink import Sink

ACTIVE_LIMIT = 60
CLEANUP_ID = re.compile(r"/cleanup[^:]*: (\w+): message-id=(<\S*>)")


def fill(postfix, injector, check, number):
    """Everything that comes to rest in deferred and hold; half of it with long ids."""
    inject(injector, mixed_jobs(injector, number // 2) + [injector.kind_thousand()])
    submit_locally(injector)
    check.true(postfix.wait_rest(number / 20), "the queue comes to rest")
    postfix.set(enable_long_queue_ids="yes")
    inject(injector, mixed_jobs(injector, number - number // 2))
    submit_locally(injector)
    check.true(postfix.wait_rest(number / 20), "the queue comes to rest again")
    check.note(f"{len(injector.truth)} messages submitted")


def submit_locally(injector):
    for user in config.LOCAL_USERS:
        for _ in range(5):
            injector.local(user)
            injector.local_from_header(user)


def disturb(postfix, injector, check):
    """Hold, requeue and expire some, then fill active and incoming for good."""
    deferred = sorted(i for i, (name, _) in postfix.files().items() if name == "deferred")
    injector.random.shuffle(deferred)
    postfix.postsuper("-h", deferred[:30])
    postfix.postsuper("-e", deferred[20:50])
    postfix.postsuper("-r", deferred[50:80])
    check.true(postfix.wait_rest(60), "the queue comes to rest after postsuper")
    stalled = [injector.kind_stalled() for _ in range(ACTIVE_LIMIT + 30)]
    inject(injector, stalled)
    until = time.monotonic() + 20
    while time.monotonic() < until and count(postfix, "active") < ACTIVE_LIMIT:
        time.sleep(0.1)
    check.equal(count(postfix, "active"), ACTIVE_LIMIT, "messages in active")
    check.equal(count(postfix, "incoming"), 30, "messages in incoming")


def count(postfix, queue):
    return sum(1 for name, _ in postfix.files().values() if name == queue)


def message_ids(postfix):
    """{queue id: Message-ID}, by the mail log; by postcat where no log line was written."""
    found = {}
    for line in postfix.log():
        match = CLEANUP_ID.search(line)
        if match:
            found[match.group(1)] = match.group(2)
    for queue_id, (name, _) in postfix.files().items():
        if name == "maildrop":
            found[queue_id] = header(queue_id, "message-id")
    return found


def header(queue_id, name):
    """A header field as postcat -q shows it."""
    shown = tool.run("postcat", "-qh", queue_id)
    return email.message_from_bytes(shown).get(name, "")


def compare_both(postfix, injector, check, when):
    texts, warnings = postfix.list_lines()
    lines = tool.list_lines(postfix.queue)
    theirs, ours = [json.loads(line) for line in texts], [json.loads(line) for line in lines]
    queues = sorted({message["queue_name"] for message in theirs})
    check.note(f"{when}: {len(theirs)} messages by postqueue, {len(ours)} by spoolsweep, "
               f"in {', '.join(queues)}")
    check.true(len(theirs) >= len(injector.truth) * 9 // 10, f"{when}: the mail is in the queue")
    check.none(warnings, f"{when}: postqueue warns")
    check.none(compare.with_postqueue(theirs, ours), when)
    check_texts(texts, lines, check)
    check.none(compare.with_truth(injector.truth, message_ids(postfix), ours), f"{when}, truth")
    return theirs, ours


def notices(theirs, ours):
    """The comparison itself must not be blind: each of these changes has to be seen."""
    many = next(n for n, message in enumerate(theirs) if len(message["recipients"]) > 2)
    queue_id = theirs[many]["queue_id"]
    place = next(n for n, message in enumerate(ours) if message["queue_id"] == queue_id)

    def changed(change):
        other = copy.deepcopy(ours)
        change(other)
        return compare.with_postqueue(theirs, other)

    yield "a lost message", changed(lambda o: o.pop(place))
    yield "a message twice", changed(lambda o: o.append(o[place]))
    yield "a size", changed(lambda o: o[place].update(message_size=1))
    yield "a bool for a number", changed(lambda o: o[place].update(forced_expire=0))
    yield "a lost recipient", changed(lambda o: o[place]["recipients"].pop())
    yield "another order", changed(lambda o: o[place]["recipients"].reverse())
    yield "a reason", changed(lambda o: o[place]["recipients"][0].update(delay_reason="x"))


def check_texts(texts, lines, check):
    """postqueue's members come first in our line, printed as it prints them."""
    ours = {json.loads(line)["queue_id"]: line for line in lines}
    for text in texts:
        head = text[:text.index('"recipients": [')]
        line = ours.get(json.loads(text)["queue_id"], "")
        check.equal(line[:len(head)], head, "the start of the line")


def check_postcat(ours, check):
    """Subjects against postcat, one message in twenty."""
    for message in sorted(ours, key=lambda m: m["queue_id"])[::20]:
        subject = compare.decoded(header(message["queue_id"], "subject").replace("\n", ""))
        check.equal(message.get("subject") or "", subject, f"subject of {message['queue_id']}")


def check_users(postfix, check):
    """Whoever submitted on this machine has a name here."""
    text = tool.run(tool.SPOOLSWEEP, "-s", postfix.queue, "top", "uid").decode()
    for user, uid in config.LOCAL_USERS.items():
        check.true(f"{uid} ({user})" in text, f"top uid names {user}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--long", action="store_true")
    number = 10000 if options.parse_args().long else 1000
    check, injector = Check(), Injector()
    with instance.Instance(qmgr_message_active_limit=ACTIVE_LIMIT) as postfix, \
            Sink(config.SINK, "/lab/delivered"), Sink(config.SINK_STALL, stall=True), \
            Filter(config.FILTER_XFORWARD, config.REINJECT, xforward=True), \
            Filter(config.FILTER_PLAIN, config.REINJECT, xforward=False), \
            Milter():
        check.note(f"Postfix {postfix.version()}, {tool.version()}")
        fill(postfix, injector, check, number)
        disturb(postfix, injector, check)
        compare_both(postfix, injector, check, "running")
        postfix.stop()
        submit_locally(injector)
        theirs, ours = compare_both(postfix, injector, check, "stopped")
        check_users(postfix, check)
        check_postcat(ours, check)
        for what, seen in notices(theirs, ours):
            check.true(seen, f"the comparison does not notice {what}")
        with open("/lab/truth.json", "w") as file:
            json.dump(truth_lines(injector), file, indent=1)
    check.finish()


if __name__ == "__main__":
    main()
