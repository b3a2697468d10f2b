#!/bin/bash
# long.sh [TARGET...]: fuzzes each target for FUZZ_SECONDS (600), as many at a time as there are
# cores. make fuzz-long builds them before. One line a target:
#   queue_file: 600 s, 1204533 runs, 4 new edges, no crash
#
# It goes on from the corpus of the last time, build/fuzz/corpus/TARGET, beside the one in git. What
# crashed is in build/fuzz/found/TARGET, the log in build/fuzz/TARGET.log. Exit 1 when one did.
set -eu
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-600}

one() { # NAME BINARY
	local corpus=build/fuzz/corpus/$1 found=build/fuzz/found/$1 log=build/fuzz/$1.log status=0
	mkdir -p "$corpus" "$found"
	# A memory or time limit of its own: an input that eats either is a find, too.
	"$2" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -max_len=65536 \
		-artifact_prefix="$found/" "$corpus" "testdata/fuzz/$1" >"$log" 2>&1 || status=$?
	awk -v name="$1" -v seconds="$seconds" -v status="$status" -v found="$found" '
	{ for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
	/INITED/ { first = edges }
	/^#[0-9]+/ { runs = substr($1, 2) + 0 }
	END {
		printf "%s: %d s, %d runs, %d new edges, ", name, seconds, runs, edges - first
		print status == 0 ? "no crash" : "CRASHED, see " found
	}' "$log"
	return "$status"
}

if [ "${1-}" = --one ]; then
	one "$2" "$3"
	exit
fi
status=0
find build/fuzz -name '*_fuzz' -type f | sort | while read -r binary; do
	name=$(basename "$binary" _fuzz)
	[ $# -eq 0 ] || [[ " $* " = *" $name "* ]] || continue
	printf '%s\n%s\n' "$name" "$binary"
done | xargs -r -n 2 -P "$(nproc)" "$0" --one || status=1
exit "$status"
