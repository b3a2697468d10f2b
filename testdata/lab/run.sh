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

passed=0 failed=0 skipped=0
for name in "$@"; do
	live=formats/${name%%/*}/live
	test=$live/${name#*/}_test.py
	if [ ! -f "$test" ]; then
		echo "run.sh: there is no test $name ($test)" >&2
		exit 2
	fi
	status=0
	# One package a word.
	# shellcheck disable=SC2046
	output=$(testdata/lab/root.sh "$name" "$seconds" $(cat "$live/packages") -- \
		/usr/bin/python3 "$test" $long 2>&1) || status=$?
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
