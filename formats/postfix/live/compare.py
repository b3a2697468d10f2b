"""
Compares what spoolsweep lists with what postqueue -j says, and with the truth.

Both comparisons give a list of differences in words; an empty one is equality.
The order of messages is free, that of recipients inside a message is not.
"""

import email.header
import ipaddress
import json

import config

MEMBERS = ["queue_name", "queue_id", "arrival_time", "message_size", "forced_expire", "sender"]


def by_id(messages, who):
    """{queue id: message}, and the differences: ids that come twice."""
    found, twice = {}, []
    for message in messages:
        if message["queue_id"] in found:
            twice.append(f"{who} lists {message['queue_id']} twice")
        found[message["queue_id"]] = message
    return found, twice


def pending(message):
    """The recipients in the form of postqueue, which shows no others."""
    kept = [r for r in message["recipients"] if r.get("state", "pending") == "pending"]
    return [{name: r[name] for name in ("address", "delay_reason")
             if r.get(name) is not None} for r in kept]


def with_postqueue(theirs, ours):
    """theirs and ours are lists of decoded messages."""
    theirs, differences = by_id(theirs, "postqueue")
    ours, twice = by_id(ours, "spoolsweep")
    differences += twice
    differences += [f"{i} is missing" for i in theirs.keys() - ours.keys()]
    differences += [f"{i} is ours only ({ours[i]['queue_name']}, warnings "
                    f"{ours[i].get('warnings')})" for i in ours.keys() - theirs.keys()]
    for queue_id in theirs.keys() & ours.keys():
        their, our = theirs[queue_id], ours[queue_id]
        for name in MEMBERS:
            # True == 1 in Python, not in JSON.
            if json.dumps(their[name]) != json.dumps(our.get(name)):
                differences.append(f"{queue_id} {name}: {our.get(name)!r}, "
                                   f"postqueue {their[name]!r}")
        differences += _recipients(queue_id, their["recipients"], pending(our))
    return differences


def _recipients(queue_id, theirs, ours):
    if theirs == ours:
        return []
    if len(theirs) != len(ours):
        return [f"{queue_id}: {len(ours)} pending recipients, postqueue {len(theirs)}"]
    if sorted(map(json.dumps, theirs)) == sorted(map(json.dumps, ours)):
        return [f"{queue_id}: the same recipients in another order"]
    place = next(n for n in range(len(theirs)) if theirs[n] != ours[n])
    return [f"{queue_id} recipient {place}: {ours[place]!r}, postqueue {theirs[place]!r}"]


def with_truth(truths, message_ids, ours):
    """
    truths: {Message-ID: Truth}; message_ids: {queue id: Message-ID} as found without
    our help. Mail that Postfix wrote itself has no truth and must claim no origin.
    """
    differences = []
    for message in ours:
        queue_id = message["queue_id"]
        truth = truths.get(message_ids.get(queue_id))
        for name, values in (_wanted(truth, message) if truth else WRITTEN_HERE).items():
            if name not in message:
                differences.append(f"{queue_id} has no member {name}")
            elif _plain(name, message[name]) not in values:
                kind = truth.kind if truth else "by Postfix"
                differences.append(f"{queue_id} ({kind}) {name}: {message[name]!r}, "
                                   f"truth {values[0]!r}")
    return differences


# {member: accepted values, the best first}
WRITTEN_HERE = {"account": [None], "client_ip": [None], "helo": [None], "uid": [None],
                "origin": ["dsn"]}


def _wanted(truth, message):
    origin = truth.origin
    wanted = {name: [getattr(origin, name)]
              for name in ("account", "client_ip", "client_name", "helo", "protocol", "uid")}
    wanted["message_id"] = [truth.message_id]
    wanted["subject"] = [decoded(truth.subject)] if truth.subject else ["", None]
    wanted["origin"] = [_origin_word(truth)]
    if truth.kind.startswith("filtered"):
        # The queue file behind a filter has lost the login; a Received field may tell it.
        if message.get("account_source") != "received":
            wanted["account"] = [None]
        del wanted["origin"]
    if truth.kind == "filtered-blind" and message.get("client_ip") == "127.0.0.1":
        # Without XFORWARD the filter is the client; again only Received tells more.
        wanted.update(client_ip=["127.0.0.1"], client_name=[None], helo=[config.HOSTNAME])
    elif truth.kind == "filtered-blind":
        # There it also says that there was a login ("A"), though not whose.
        wanted["protocol"] += [name + "A" for name in wanted["protocol"] if name]
    return wanted


def _origin_word(truth):
    """How the message entered, from what was said and the networks of main.cf."""
    if truth.origin.account:
        return "account"
    if truth.origin.uid is not None:
        return "local"
    if truth.origin.client_ip.startswith("192.0.2."):
        return "lan"
    return "inbound" if truth.kind == "inbound" else "relay"


def _plain(name, value):
    if name == "client_ip" and value:
        return str(ipaddress.ip_address(value))
    return value


def decoded(subject):
    return str(email.header.make_header(email.header.decode_header(subject)))
