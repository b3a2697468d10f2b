#include "core/base/ip.h"

#include <arpa/inet.h>

static struct slice without_brackets(struct slice text)
{
	if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = slice_of(text.ptr + 1, text.len - 2);
	if (slice_starts_fold(text, SLICE("IPv6:")))
		text = slice_from(text, 5);
	return text;
}

bool ip_parse(struct slice text, struct ip *ip)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char z[INET6_ADDRSTRLEN];

	*ip = (struct ip){0};
	text = without_brackets(text);
	if (!text.len || text.len >= sizeof(z) || memchr(text.ptr, '\0', text.len))
		return false;
	memcpy(z, text.ptr, text.len);
	z[text.len] = '\0';
	if (inet_pton(AF_INET, z, ip->bytes) == 1) {
		ip->family = 4;
		return true;
	}
	if (inet_pton(AF_INET6, z, ip->bytes) != 1)
		return false;
	ip->family = 6;
	if (memcmp(ip->bytes, mapped, sizeof(mapped)) == 0) {
		memcpy(ip->bytes, ip->bytes + 12, 4);
		memset(ip->bytes + 4, 0, 12);
		ip->family = 4;
	}
	return true;
}

bool ip_net_parse(struct slice text, struct ip_net *net)
{
	struct slice address, bits;
	int64_t n;

	bool cut = slice_cut(text, '/', &address, &bits);
	if (!ip_parse(address, &net->base))
		return false;
	int64_t most = net->base.family == 4 ? 32 : 128;
	/* The bits of [::ffff:127.0.0.0]/104 count from where IPv6 begins. */
	int64_t before =
		most == 32 && slice_index(without_brackets(address), ':') != SIZE_MAX ? 96 : 0;
	if (!cut)
		n = most;
	else if (!bits.len || !ascii_is_digit(bits.ptr[0]) || !slice_to_i64(bits, &n) ||
		n < before || n - before > most)
		return false;
	else
		n -= before;
	net->bits = (uint8_t)n;
	net->base = ip_mask(&net->base, net->bits);
	return true;
}

struct ip ip_mask(const struct ip *ip, unsigned bits)
{
	struct ip masked = *ip;
	for (unsigned i = 0; i < sizeof(masked.bytes); i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
		if (keep < 8)
			masked.bytes[i] &= (uint8_t)(0xff00 >> keep);
	}
	return masked;
}

bool ip_in_net(const struct ip *ip, const struct ip_net *net)
{
	if (ip->family == 0 || ip->family != net->base.family)
		return false;
	struct ip masked = ip_mask(ip, net->bits);
	return memcmp(masked.bytes, net->base.bytes, sizeof(masked.bytes)) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = {[15] = 1};
	if (ip->family == 4)
		return ip->bytes[0] == 127;
	return ip->family == 6 && memcmp(ip->bytes, one, sizeof(one)) == 0;
}

bool ip_is_private(const struct ip *ip)
{
	const uint8_t *b = ip->bytes;
	if (ip->family == 4)
		return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
			(b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
			(b[0] == 100 && (b[1] & 0xc0) == 64);
	return ip->family == 6 &&
		((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80));
}

struct slice ip_text(const struct ip *ip, char room[IP_TEXT_MAX])
{
	room[0] = '\0';
	if (ip->family)
		inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->bytes, room, IP_TEXT_MAX);
	return slice_cstr(room);
}

void ip_format(struct buf *out, const struct ip *ip)
{
	char room[IP_TEXT_MAX];
	buf_add(out, ip_text(ip, room));
}
