"""
A real Postfix in the private root: its configuration, start, stop and tools.

One instance answers on several loopback ports, each the entry of one way in:
plain submission, two kinds of content filter, always_bcc, a milter. Where mail
goes is decided by the recipient's domain: everything to the sink (see
testdata/lab/sink.py), but refused.test to a port where nobody listens,
stall.test to a sink that never answers, park.test to a transport that is
parked by defer_transports. Nothing ever leaves the loopback interface.
"""

import grp
import json
import os
import pwd
import subprocess
import time

CONFIG = "/etc/postfix"
LOG = "/var/log/postfix-lab.log"
HOSTNAME = "mx1.lab.test"

PORT_SUBMIT = 2525
PORT_XFORWARD_FILTER = 2526
PORT_PLAIN_FILTER = 2527
PORT_BCC = 2528
PORT_MILTER = 2529
FILTER_XFORWARD = 10025
FILTER_PLAIN = 10027
REINJECT = 10026
MILTER = 10030
SINK = 2600
SINK_STALL = 2601
PORT_NOBODY = 2699

# The two people of this machine who submit with sendmail(1): a user, a web server.
LOCAL_USERS = {"alice": 3001, "webshop": 3002}

MAIN_CF = f"""
compatibility_level = 3.6
maillog_file = {LOG}
myhostname = {HOSTNAME}
mydomain = lab.test
myorigin = lab.test
mydestination = {HOSTNAME}
relay_domains = inbound.test
mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/25 [2001:db8:1::]/64
inet_interfaces = loopback-only
inet_protocols = all
alias_maps =
alias_database =
local_recipient_maps =
virtual_alias_maps = hash:{CONFIG}/virtual
transport_maps = texthash:{CONFIG}/transport
header_checks = regexp:{CONFIG}/header_checks
relayhost = [127.0.0.1]:{SINK}
default_transport = smtp
relay_transport = smtp
defer_transports = park
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = static:all
smtpd_authorized_xforward_hosts = 127.0.0.0/8
smtpd_authorized_verp_clients = static:all
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated,
    check_client_access cidr:{CONFIG}/relay_clients, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_discard_ehlo_keywords =
in_flow_delay = 0
default_process_limit = 60
default_destination_concurrency_limit = 20
default_destination_concurrency_failed_cohort_limit = 1000000
smtp_helo_timeout = 600
minimal_backoff_time = 4000
maximal_backoff_time = 4000
queue_run_delay = 4000
transport_retry_time = 4000
"""

# Mail of this network may pass: the open relay of the lab.
RELAY_CLIENTS = "198.51.100.0/24 OK\n"

TRANSPORT = f"""
inbound.test  park:
park.test     park:
.park.test    park:
refused.test  smtp:[127.0.0.1]:{PORT_NOBODY}
.refused.test smtp:[127.0.0.1]:{PORT_NOBODY}
stall.test    smtp:[127.0.0.1]:{SINK_STALL}
.stall.test   smtp:[127.0.0.1]:{SINK_STALL}
"""

VIRTUAL = """
staff@inbound.test   anna@inbound.test, ben@inbound.test, "carl c"@inbound.test
"""

HEADER_CHECKS = """
/^X-Lab: hold/      HOLD the lab wants it held
/^X-Lab: redirect/  REDIRECT postmaster@redirected.park.test
/^X-Lab: filter/    FILTER park:nexthop.test
/^X-Lab: prepend/   PREPEND X-Prepended: by a header check of the lab
"""

SMTPD = "inet n - n - 60 smtpd"
MASTER_CF = f"""
127.0.0.1:{PORT_SUBMIT} {SMTPD}
127.0.0.1:{PORT_XFORWARD_FILTER} {SMTPD}
    -o content_filter=xforward:[127.0.0.1]:{FILTER_XFORWARD}
127.0.0.1:{PORT_PLAIN_FILTER} {SMTPD}
    -o content_filter=plain:[127.0.0.1]:{FILTER_PLAIN}
127.0.0.1:{PORT_BCC} {SMTPD}
    -o cleanup_service_name=cleanup-bcc
127.0.0.1:{PORT_MILTER} {SMTPD}
    -o smtpd_milters=inet:127.0.0.1:{MILTER}
127.0.0.1:{REINJECT} {SMTPD}
    -o receive_override_options=no_address_mappings,no_header_body_checks
xforward   unix - - n - 10 smtp
    -o smtp_send_xforward_command=yes
plain      unix - - n - 10 smtp
park       unix - - n - 1 smtp
cleanup-bcc unix n - n - 0 cleanup
    -o always_bcc=archive@bcc.test
pickup     unix n - n 1 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
local      unix - n n - - local
virtual    unix - n n - - virtual
lmtp       unix - - n - - lmtp
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""

# Enough to list a queue and to write the log; nobody who would touch a message.
LISTING_CF = """
showq   unix       n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


def run(*command, check=True, **options):
    """Runs a program to its end; text in and out."""
    return subprocess.run(command, check=check, text=True, timeout=120, **options)


def _prepare_users():
    """What the package's own installer would have done."""
    for group in ("postfix", "postdrop"):
        try:
            grp.getgrnam(group)
        except KeyError:
            run("groupadd", "--system", group)
    if not _known_user("postfix"):
        run("useradd", "--system", "-g", "postfix", "-d", "/nonexistent", "-M", "postfix")
    for name, uid in LOCAL_USERS.items():
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
        _prepare_users()
        os.makedirs(queue, exist_ok=True)
        data = "/var/lib/postfix-lab"
        os.makedirs(data, exist_ok=True)
        os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)
        open(LOG, "w").close()
        places = {"queue_directory": queue, "data_directory": data}
        self._write("main.cf", _main_cf({**places, **settings}))
        self._write("master.cf", MASTER_CF)
        self._write("relay_clients", RELAY_CLIENTS)
        self._write("transport", TRANSPORT)
        self._write("virtual", VIRTUAL)
        run("postmap", f"hash:{CONFIG}/virtual")
        self._write("header_checks", HEADER_CHECKS)

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
        self._write("master.cf", LISTING_CF)
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
        with open(LOG, errors="replace") as file:
            return file.read().splitlines()

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
    kept = [line for line in MAIN_CF.splitlines() if line.split(" ")[0] not in settings]
    return "\n".join(kept + [f"{name} = {value}" for name, value in settings.items()]) + "\n"
