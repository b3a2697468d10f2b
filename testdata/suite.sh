#!/bin/bash
# Runs checks one by one, keeps their logs below build/log, counts, and ends with the plain
# line "N passed, N failed, N skipped". Used as: suite.sh LIST, where LIST is test or live.
#
# A check is a command. Exit status 0 passes, 77 is skipped, anything else fails: the lines that
# say what failed are then shown, and its last ones. A check that prints a closing line of its own
# ("N passed, N failed, N skipped") or cmocka's ("PASSED  ] N test(s)") counts with those numbers.
#
# Checks run two at a time, as most of them have one thread; what they said is printed in their order.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/log build/tmp
results=$(mktemp -d build/tmp/suite.XXXXXX)
trap 'rm -rf "$results"' EXIT
number=0 printed=0 passed=0 failed=0 skipped=0

# "PASSED FAILED SKIPPED" of a check that ended.
count() { # LOG STATUS
	local closing cmocka
	closing=$(sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed, \([0-9][0-9]*\) skipped$/\1 \2 \3/p' "$1" | tail -n 1)
	cmocka=$(sed -n 's/^\[ *PASSED *\] \([0-9][0-9]*\) test.*/\1/p' "$1" | awk '{n += $1} END {print n + 0}')
	if [ -n "$closing" ]; then
		# One that failed, and did not count that.
		[ "$2" -eq 0 ] || [ "$2" -eq 77 ] || closing=${closing/ 0 / 1 }
		echo "$closing"
	elif [ "$2" -eq 0 ]; then
		[ "$cmocka" -gt 0 ] || cmocka=1
		echo "$cmocka 0 0"
	elif [ "$2" -eq 77 ]; then
		echo "0 0 1"
	else
		echo "$cmocka 1 0"
	fi
}

run_check() { # NAME COMMAND...
	local name=$1 status=0 log
	log=build/log/$(printf %s "$1" | tr -c 'a-zA-Z0-9._-' '_').log
	shift
	"$@" >"$log" 2>&1 </dev/null || status=$?
	count "$log" $status
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

# Prints the results that are there, up to the first that is not.
print_results() {
	local counts
	while [ -e "$results/$((printed + 1)).done" ]; do
		printed=$((printed + 1))
		read -r -a counts <"$results/$printed"
		passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
		tail -n +2 "$results/$printed"
	done
}

check() { # NAME COMMAND...
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n || true
	done
	print_results
	number=$((number + 1))
	{ run_check "$@" >"$results/$number"; touch "$results/$number.done"; } &
}

# What comes next has the machine to itself.
finish() {
	wait
	print_results
}

have() { command -v "$1" >/dev/null 2>&1; }

# A tool that is missing here is told, not passed over.
check_with() { # TOOL NAME COMMAND...
	tool=$1 name=$2
	if have "$tool"; then
		shift
		check "$@"
	else
		check "$name" sh -c "echo '$tool is not installed'; exit 77"
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
	check 'verdicts, one seed' build/release/verdicts --quick --files
	check 'verdicts, asan' sh -c 'build/asan/verdicts --quick --files --scale 0.1 --family mixed; [ $? -le 1 ]'
	check 'command lines' testdata/cli/run.sh build/release
	check 'command lines, asan' testdata/cli/run.sh build/asan
	finish
	check 'live, short' testdata/lab/run.sh
}

live_list() {
	check 'live, long' testdata/lab/run.sh --long
}

begin=$(date +%s)
"$1_list"
finish
echo "$(($(date +%s) - begin)) seconds"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
