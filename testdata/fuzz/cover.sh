#!/bin/sh
# cover.sh [-m PERCENT] TARGET SOURCE...: how many lines of each source the corpus of a fuzz
# target reaches, and which it does not. Fails when it is less than PERCENT (95) of one.
#   testdata/fuzz/cover.sh queue_file formats/postfix/records.c formats/postfix/envelope.c
set -eu
cd "$(dirname "$0")/../.."
least=95
if [ "${1:-}" = -m ]; then
	least=$2
	shift 2
fi
if [ $# -lt 2 ]; then
	sed -n 's/^# //; 2,3p' "$0" >&2
	exit 2
fi
name=$1
shift

# The newest of a tool's versions, if the plain name is not there.
tool() {
	command -v "$1" || ls /usr/bin/"$1"-[0-9]* 2>/dev/null | sort -V | tail -n 1 | grep . || {
		echo "$1 is not installed (package llvm)" >&2
		exit 77
	}
}
profdata=$(tool llvm-profdata)
cov=$(tool llvm-cov)

source=$(find core formats cmd -name "${name}_fuzz.c")
if [ -z "$source" ] || [ ! -d "testdata/fuzz/$name" ]; then
	echo "there is no fuzz target $name with a corpus" >&2
	exit 2
fi
binary=build/cover/${source%.c}
make -s VARIANT=cover "$binary"
LLVM_PROFILE_FILE=$binary.profraw "$binary" "testdata/fuzz/$name"
"$profdata" merge -sparse -o "$binary.profdata" "$binary.profraw"
"$cov" export -format=lcov -instr-profile="$binary.profdata" "$binary" "$@" |
	awk -F '[:,]' -v least="$least" -v root="$PWD/" '
	$1 == "SF" { file = $2; sub(root, "", file); missed = "" }
	$1 == "DA" && $3 == 0 { missed = missed " " $2 }
	$1 == "LF" { lines = $2 }
	$1 == "LH" { reached = $2 }
	$1 == "end_of_record" {
		percent = lines ? 100 * reached / lines : 0
		printf "%6.2f %%  %d of %d lines of %s%s\n", percent, reached, lines, file,
			missed == "" ? "" : ", not" missed
		low += percent < least
		files++
	}
	END {
		if (!files)
			print "none of the sources is part of the target"
		exit !files || low > 0
	}'
