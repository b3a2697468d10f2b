#!/bin/sh
# hostile.sh DIR: writes a small Postfix queue in which every text that a stranger can choose
# holds what must never reach a terminal: escape sequences, C1 controls, NUL, DEL, bidirectional
# overrides, zero-width characters, line separators, bytes that are no UTF-8.
#
# A record is a type byte, its length (7 bits a byte, low first) and the data; formats/postfix
# says more. Texts here are printf(1) formats, so that they can hold any byte.
set -eu
export LC_ALL=C
dir=$1
mkdir -p "$dir/active" "$dir/deferred/A" "$dir/defer/A" "$dir/incoming" "$dir/maildrop"
piece=$dir/piece

# A red word, a new window title, the cursor up, a C1 CSI as a byte and as a code point.
esc='\033[31mred\033[0m\033]0;title\007\033[2A\2331m\302\2331m'
# Right-to-left override, isolate, zero-width space, line separator, byte order mark, tag.
bidi='\342\200\256gpj.exe\342\201\246\342\200\213\342\200\250\357\273\277\363\240\201\201'
# NUL, backspace, DEL, CR, tab; 0xff, an overlong slash, a cut sequence.
ctl='a\000b\010\177\r\t\377\300\257\342\202'
nasty="$esc$bidi$ctl"

record() { # TYPE FORMAT
	# shellcheck disable=SC2059 # the text is a format on purpose
	printf "$2" >"$piece"
	size=$(wc -c <"$piece")
	if [ "$size" -lt 128 ]; then
		length=$(printf '\\%03o' "$size")
	else
		length=$(printf '\\%03o\\%03o' $((size % 128 + 128)) $((size / 128)))
	fi
	printf "%s$length" "$1"
	cat "$piece"
}

before() { # ID
	record T '1795320000 0'
	record A 'create_time=1795320000'
	record A "log_ident=$1"
	record A 'rewrite_context=remote'
	record A "sasl_method=PLAIN$esc"
	record A "sasl_username=bob$nasty@example.com"
	record S "sender$nasty@example.net"
	record A "log_client_name=host$nasty.example.net"
	record A 'log_client_address=192.0.2.66'
	record A "log_helo_name=helo$nasty"
	record A "log_protocol_name=ESMTP$esc"
	record A 'client_address=192.0.2.66'
	record O "was$nasty@example.org"
	record R "rcpt$nasty@$bidi.example.org"
	record R "=cmd|calc@example.org"
}

content() {
	record N "Received: from $esc (localhost [192.0.2.66])"
	record N "Subject: =?utf-8?Q?=1B[31m_encoded_=E2=80=AE_=00_=C2=9B?= raw $nasty"
	record N "	folded $esc"
	record N "From: \"$nasty\" <sender@example.net>"
	record N "Message-ID: <$nasty@example.net>"
	record N "X-Mailer: $nasty"
	record N "X-PHP-Originating-Script: 33:$nasty.php"
	record N "X-$esc: value"
	record N ''
	record N "The body: $nasty"
}

message() { # PATH
	id=${1##*/}
	before "$id" >"$dir/before"
	content >"$dir/content"
	offset=$((97 + $(wc -c <"$dir/before") + 2))
	{
		record C "$(printf '%15d %15d %15d %15d %15d %15d' \
			"$(wc -c <"$dir/content")" $offset 2 0 "$(wc -c <"$dir/content")" 0)"
		cat "$dir/before"
		record M ''
		cat "$dir/content"
		record X ''
		record E ''
	} >"$dir/$1"
	chmod 700 "$dir/$1"
	touch -d '2026-11-22 06:00:00 UTC' "$dir/$1"
}

message deferred/A/A0000000001
message active/A0000000002
# The log of reasons: what a remote server answered.
# shellcheck disable=SC2059
printf "\nrecipient==cmd|calc@example.org\nstatus=4.0.0$esc\naction=delayed\ndiag_type=smtp\ndiag_text=450 $nasty\nmta_type=dns\nmta_mname=mx$nasty.example.org\nreason=host mx[192.0.2.1] said: 450 $nasty\n\n" \
	>"$dir/defer/A/A0000000001"
chmod 600 "$dir/defer/A/A0000000001"
touch -d '2026-11-22 05:30:00 UTC' "$dir/defer/A/A0000000001"

# Names that are no queue ids, and things that are no files.
# shellcheck disable=SC2059
: >"$dir/active/$(printf "$esc")"
# shellcheck disable=SC2059
: >"$dir/active/$(printf "$bidi\377\n")"
ln -s /etc/passwd "$dir/active/A0000000003"
mkfifo "$dir/active/A0000000004"
mkdir "$dir/active/A0000000005"
rm -f "$piece" "$dir/before" "$dir/content"
