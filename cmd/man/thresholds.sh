#!/bin/sh
# thresholds.sh BINARY [MANUAL]: the table of thresholds as mdoc, from the program's own help; with
# MANUAL it is put there between its two marks. in_step.sh compares the two.
set -u
program=$1

table() {
	SPOOLSWEEP_CONFIG='' "$program" help thresholds | awk '
		function flush() { if (name) printf ".It Va %s\n%s (%s):\n%s.\n", name, numbers, family, text }
		/^  [a-z]/ {
			flush()
			name = $1; family = $2; text = ""
			numbers = $0; sub(/^ *[a-z_]+ +[a-z]+ +/, "", numbers)
			next
		}
		/^        / && name { sub(/^ +/, ""); text = text (text ? "\n" : "") $0; next }
		/^in force/ { flush(); name = "" }'
}

[ $# -gt 1 ] || { table; exit; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
table >"$work/table"
sed -e "/^\.\\\\\" thresholds: from here/r $work/table" \
	-e '/^\.\\" thresholds: from here/,/^\.\\" thresholds: to here/{/^\.\\" thresholds/!d;}' "$2" >"$work/manual" &&
	cat "$work/manual" >"$2"
