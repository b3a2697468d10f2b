#!/bin/sh
# Runs checks one by one, keeps their logs below build/log, counts, and ends with the plain
# line "N passed, N failed, N skipped". Used as: suite.sh LIST, where LIST is test or live.
#
# A check is a command. Exit status 0 passes, 77 is skipped, anything else fails: the lines that
# say what failed are then shown, and its last ones. A check that prints a closing line of its own
# ("N passed, N failed, N skipped") or cmocka's ("PASSED  ] N test(s)") counts with those numbers.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/log build/tmp
passed=0 failed=0 skipped=0

count() { # LOG STATUS NAME
	closing=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed, \([0-9][0-9]*\) skipped$/\1 \2 \3/p' "$1" | tail -n 1)
	cmocka=$(sed -n 's/^\[ *PASSED *\] \([0-9][0-9]*\) test.*/\1/p' "$1" | awk '{n += $1} END {print n + 0}')
	if [ -n "$closing" ]; then
		set -- "$1" "$2" "$3" $closing
		passed=$((passed + $4)) failed=$((failed + $5)) skipped=$((skipped + $6))
		[ "$2" -ne 0 ] && [ "$2" -ne 77 ] && [ "$5" -eq 0 ] && failed=$((failed + 1))
	elif [ "$2" -eq 0 ]; then
		[ "$cmocka" -gt 0 ] || cmocka=1
		passed=$((passed + cmocka))
	elif [ "$2" -eq 77 ]; then
		skipped=$((skipped + 1))
	else
		passed=$((passed + cmocka)) failed=$((failed + 1))
	fi
}

check() { # NAME COMMAND...
	name=$1 log=build/log/$(printf %s "$1" | tr -c 'a-zA-Z0-9._-' '_').log
	shift
	"$@" >"$log" 2>&1
	status=$?
	count "$log" $status "$name"
	case $status in
	0) grep -E '^SKIP' "$log"; printf 'ok    %s\n' "$name" ;;
	77) printf 'SKIP  %s: %s\n' "$name" "$(tail -n 1 "$log")" ;;
	*)
		printf 'FAIL  %s (%s)\n' "$name" "$log"
		{ grep -E 'FAIL|ERROR|Traceback' "$log" | cut -c1-300 | head -n 16; echo "its last lines:"; tail -n 40 "$log"; } |
			sed 's/^/      /'
		;;
	esac
}

have() { command -v "$1" >/dev/null 2>&1; }

# A tool that is missing here is told, not passed over.
check_with() { # TOOL NAME COMMAND...
	tool=$1 name=$2
	if have "$tool"; then
		shift
		check "$@"
	else
		printf 'SKIP  %s: %s is not installed\n' "$name" "$tool"
		skipped=$((skipped + 1))
	fi
}

unit_tests() { # VARIANT
	for test in $(cd "build/$1" && find cmd core formats tui -name '*_test' -type f 2>/dev/null | sort); do
		check "$1 $test" "build/$1/$test"
	done
}

fuzz_corpora() { # VARIANT
	for target in $(cd "build/$1" && find cmd core formats -name '*_fuzz' -type f | sort); do
		corpus=testdata/fuzz/$(basename "$target" _fuzz)
		check "$1 replay $corpus" "build/$1/$target" "$corpus"
	done
}

test_list() {
	check layers make -s layers
	check headers make -s headers
	check_with mandoc 'manual' make -s manual
	unit_tests release
	unit_tests asan
	unit_tests tsan
	fuzz_corpora asan
	check 'command lines' testdata/cli/run.sh build/release
	check 'command lines, asan' testdata/cli/run.sh build/asan
	check 'live, short' testdata/lab/run.sh
}

live_list() {
	check 'live, long' testdata/lab/run.sh --long
}

begin=$(date +%s)
"$1_list"
echo "$(($(date +%s) - begin)) seconds"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
