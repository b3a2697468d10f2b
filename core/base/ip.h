/*
 * ip: IPv4 and IPv6 addresses and networks. Pure functions.
 */
#ifndef CORE_BASE_IP_H
#define CORE_BASE_IP_H

#include "core/base/buf.h"
#include "core/base/slice.h"

struct ip {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t bytes[16];
};

struct ip_net {
	struct ip base;
	uint8_t bits;
};

/*
 * Reads an address as mail software writes it: "192.0.2.1", "2001:db8::1", and
 * either in [brackets] or behind "IPv6:". An IPv4-mapped IPv6 address becomes
 * IPv4. False on anything else.
 */
bool ip_parse(struct slice text, struct ip *ip);

/* ADDRESS/BITS, also with the address in brackets; a bare address is a net of one. */
bool ip_net_parse(struct slice text, struct ip_net *net);

bool ip_in_net(const struct ip *ip, const struct ip_net *net);

/* 127.0.0.0/8 and ::1. */
bool ip_is_loopback(const struct ip *ip);
/* RFC 1918, carrier-grade NAT, link-local, ULA: addresses no stranger can have. */
bool ip_is_private(const struct ip *ip);

/* The bits beyond `bits` set to 0. */
struct ip ip_mask(const struct ip *ip, unsigned bits);

enum { IP_TEXT_MAX = 46 };
/* The canonical text (RFC 5952), written into `room`. */
struct slice ip_text(const struct ip *ip, char room[IP_TEXT_MAX]);
/* The same, appended. */
void ip_format(struct buf *out, const struct ip *ip);

#endif
