"""
What the private Postfix is told: ports, main.cf, master.cf, tables.

It answers on several loopback ports, each the entry of one way in: plain
submission, two kinds of content filter, always_bcc, a milter. Where mail goes
is decided by the recipient's domain: to the sink (testdata/lab/sink.py), but
refused.test to a port where nobody listens, stall.test to a sink that never
answers, park.test and inbound.test to a transport parked by defer_transports.
Nothing ever leaves the loopback interface.
"""

CONFIG = "/etc/postfix"
LOG = "/var/log/postfix-lab.log"
HOSTNAME = "mx1.lab.test"

PORT_SUBMIT = 2525
PORT_XFORWARD_FILTER = 2526
PORT_PLAIN_FILTER = 2527
PORT_BCC = 2528
PORT_MILTER = 2529
PORT_TWO_MILTERS = 2530
FILTER_XFORWARD = 10025
FILTER_PLAIN = 10027
REINJECT = 10026
# Where the milter listens, as Postfix and libmilter name it; over TCP both wait for each other's
# acknowledgements, a tenth of a second a message.
MILTER = "unix:/lab/milter.socket"
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
    -o smtpd_milters={MILTER}
127.0.0.1:{PORT_TWO_MILTERS} {SMTPD}
    -o smtpd_milters={MILTER},{MILTER}
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
