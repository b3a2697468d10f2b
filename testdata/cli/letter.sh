#!/bin/sh
# letter.sh DIR ID <MESSAGE: a small Postfix queue in which that message waits, deferred.
#
# A record is a type byte, its length (7 bits a byte, low first) and the data; formats/postfix
# says more. A message here has no line longer than 2,000 bytes, and no NUL.
set -eu
export LC_ALL=C
dir=$1 id=$2
hash=$(printf %.1s "$id")
mkdir -p "$dir/active" "$dir/deferred/$hash" "$dir/defer/$hash" "$dir/incoming" "$dir/maildrop"

records() { # TYPE <LINES: each line as one record
	awk -v type="$1" '{
		n = length($0)
		if (n < 128)
			printf "%s%c%s", type, n, $0
		else
			printf "%s%c%c%s", type, n % 128 + 128, int(n / 128), $0
	}'
}

{
	echo '1795320000 0' | records T
	printf '%s\n' create_time=1795320000 "log_ident=$id" rewrite_context=remote \
		sasl_method=PLAIN sasl_username=bob@example.com | records A
	echo bob@example.com | records S
	printf '%s\n' log_client_address=192.0.2.66 client_address=192.0.2.66 | records A
	echo ann@example.org | records R
} >"$dir/before"
records N >"$dir/content"
{
	printf '%15d %15d %15d %15d %15d %15d\n' "$(wc -c <"$dir/content")" \
		$((97 + $(wc -c <"$dir/before") + 2)) 1 0 "$(wc -c <"$dir/content")" 0 | records C
	cat "$dir/before"
	printf 'M\000'
	cat "$dir/content"
	printf 'X\000E\000'
} >"$dir/deferred/$hash/$id"
chmod 700 "$dir/deferred/$hash/$id"
printf '\nrecipient=ann@example.org\nstatus=4.7.1\naction=delayed\ndiag_type=smtp\ndiag_text=451 4.7.1 Try again later\nmta_type=dns\nmta_mname=mx.example.org\nreason=host mx.example.org[192.0.2.1] said: 451 4.7.1 Try again later\n\n' \
	>"$dir/defer/$hash/$id"
chmod 600 "$dir/defer/$hash/$id"
touch -d '2026-11-22 05:20:00 UTC' "$dir/defer/$hash/$id"
touch -d '2026-11-22 06:30:00 UTC' "$dir/deferred/$hash/$id"
rm -f "$dir/before" "$dir/content"
