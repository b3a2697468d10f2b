#!/bin/sh
# bench.sh: the benchmark (bench.py), in a private root with a real Postfix unpacked
# in it; where such a root cannot be made, without Postfix. Started by make bench; alone
# it takes the parts to measure, as in: cmd/bench/bench.sh acting
set -u

cd "$(dirname "$0")/../.."
testdata/lab/root.sh bench 2400 postfix -- /usr/bin/python3 -B cmd/bench/bench.py --lab "$@"
status=$?
[ "$status" != 137 ] || echo "stopped: more than 40 minutes"
[ "$status" = 77 ] || exit "$status"
exec python3 -B cmd/bench/bench.py "$@"
