#!/bin/bash
# run.sh [--long] [NAME...]: the live tests, each in a private root of its own.
#
# NAME is MTA/TEST: postfix/read is formats/postfix/live/read_test.py. Without a
# NAME all run. One line a test on stdout, PASS, FAIL or SKIP, and a closing
# line. What a test said is shown when it failed, and always with --long; the
# queue of a failed one is in build/lab/run/ until its next run. The long variants
# move more mail for more minutes. VARIANT picks the build under test, as for make.
#
# Exit 0: nothing failed; 1: something did; 2: no such test.
set -eu

cd "$(dirname "$0")/../.."
long="" seconds=300
if [ "${1-}" = --long ]; then
	long=--long seconds=900
	shift
fi

if [ $# -eq 0 ]; then
	for test in formats/*/live/*_test.py; do
		name=${test#formats/}
		set -- "$@" "${name%%/*}/$(basename "$name" _test.py)"
	done
fi

# What a test says goes below build/lab, as they run two at a time: most of their time they wait.
mkdir -p build/lab/run
said() { echo "build/lab/run/${1//\//-}.said"; }
one() { # NAME
	local live=formats/${1%%/*}/live status=0
	# One package a word.
	# shellcheck disable=SC2046
	testdata/lab/root.sh "$1" "$seconds" $(cat "$live/packages") -- \
		/usr/bin/python3 "$live/${1#*/}_test.py" $long >"$(said "$1")" 2>&1 || status=$?
	echo "$status" >"$(said "$1").status"
}

for name in "$@"; do
	live=formats/${name%%/*}/live
	test=$live/${name#*/}_test.py
	if [ ! -f "$test" ]; then
		echo "run.sh: there is no test $name ($test)" >&2
		exit 2
	fi
done
# The packages are unpacked once, before two tests want them.
for live in formats/*/live; do
	# shellcheck disable=SC2046
	testdata/lab/fetch.sh $(cat "$live/packages") >/dev/null 2>&1 || true
done
for name in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n || true
	done
	one "$name" &
done
wait

passed=0 failed=0 skipped=0
for name in "$@"; do
	output=$(cat "$(said "$name")")
	status=$(cat "$(said "$name").status")
	rm -f "$(said "$name")" "$(said "$name").status"
	case $status in
	0)
		passed=$((passed + 1))
		echo "PASS $name"
		[ -z "$long" ] || echo "$output"
		rm -rf "build/lab/run/${name//\//-}"
		;;
	77)
		skipped=$((skipped + 1))
		echo "$output"
		;;
	*)
		failed=$((failed + 1))
		echo "FAIL $name"
		echo "$output"
		[ "$status" != 137 ] || echo "  stopped after $seconds seconds"
		;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
