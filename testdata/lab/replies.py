"""
What real servers say, in our own words: the scripted replies of the sink.

The first label of the recipient's domain picks one: greylist.example.net is
answered as "greylist" below. Anything else is delivered. The wording follows
what large providers, policy servers and full disks answer, with the extended
status codes they use.
"""

# When the reply comes, to RCPT TO or to the end of the data, and what it says.
REPLIES = {
    "greylist": ("rcpt", "450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, "
                         "see http://postgrey.example.org/help/{domain}.html"),
    "full": ("rcpt", "452 4.2.2 <{rcpt}>: The recipient's mailbox is over its storage limit"),
    "busy": ("rcpt", "451 4.3.2 Please try again later: too many connections from your host"),
    "unknown-sender": ("rcpt", "450 4.1.8 <{sender}>: Sender address rejected: Domain not found"),
    "throttled": ("data", "421 4.7.28 Our system has detected an unusual rate of unsolicited "
                          "mail originating from your IP address (192.0.2.1). To protect our "
                          "users mail has been temporarily rate limited. For more, go to "
                          "https://support.example.com/mail/answer?hl=en&id=188131 - gsmtp"),
    "reputation": ("data", "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate "
                           "limited due to IP reputation. (S775) [deliv.test 2026-11-22]"),
    "listed": ("rcpt", "454 4.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
                       "bl.example.org; https://www.example.org/query/ip/192.0.2.1"),
    "tls": ("rcpt", "451 4.7.5 Must issue a STARTTLS command first (or try later)"),
    "disk": ("data", "452 4.3.1 Insufficient system storage (out of disk space)"),
    "multi": ("rcpt", "450-4.7.0 \"Local policy\" says: {{not now}} \\ (see below)\n"
                      "450-4.7.0 Temporarily deferred because of an unusual sending rate;\n"
                      "450 4.7.0 contact <abuse@{domain}> if this lasts (code 42)"),
    "umlaut": ("rcpt", "451 4.3.0 Vorübergehend nicht verfügbar, bitte später erneut versuchen"),
    "noext": ("rcpt", "450 try again"),
    "reject": ("rcpt", "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in "
                       "virtual mailbox table"),
    "spam": ("data", "554 5.7.1 Message rejected: content looks like spam (score 17.3)"),
}

TEMPORARY = [key for key, (_, text) in REPLIES.items() if text[0] == "4"]


def domain_of(address):
    return address.rpartition("@")[2].lower()


def scripted(stage, sender, rcpt):
    """The reply text to that recipient at that stage; None to go on."""
    when, text = REPLIES.get(domain_of(rcpt).split(".")[0], ("", ""))
    if when != stage:
        return None
    return text.format(rcpt=rcpt, sender=sender, domain=domain_of(rcpt))
