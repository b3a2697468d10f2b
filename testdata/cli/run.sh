#!/bin/sh
# run.sh BUILD_DIR [--update] [CASE...]: command lines and what they must print.
#
# A case is a folder: `cmd`, a piece of POSIX shell; `stdout`, `stderr` and `exit`, what it must
# give. --update writes those three anew: read the difference before you commit it. `cmd` runs
# in a folder of its own below build/tmp, with nothing on stdin, and may use
#
#   $spoolsweep $forge      the programs; sweep ... is "$spoolsweep --as-of $now ..."
#   $queue                  a made-up queue of 400 messages, the same in every run: use `-s queue`
#   $hostile                texts that must not reach a terminal raw: see hostile.sh
#   letter ID               puts the message on stdin into a queue `letters`: see letter.sh
#   mail NAME               prints testdata/mail/NAME
#   $empty                  a queue without a message
#   acting                  a copy of the queue in `q` that may be acted on
#   own DIR, as_owner ...   gives a copied queue to an ordinary user, runs as that user: for what
#                           root may and others may not; an ordinary user is that user already
#   as_stranger ...         runs as a user who owns nothing here
#   safe                    prints those lines of its input that could harm a terminal
#   try ARGUMENTS           "sweep ARGUMENTS" as a dialogue: command, answer, exit status
#   skip REASON             ends the case: it cannot run here
#
# What differs from machine to machine or from run to run is made the same before comparing: the
# host name and the seconds of a report (its first lines, and "host" and "seconds" in JSON), the
# owner of a queue in `spools` and `setup`; the seconds of a run, free space, the space of the
# trash, and who did what when in the journal. Journals are in `state`, beside the queue.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
cases=$top/testdata/cli
[ $# -ge 1 ] || { echo 'usage: run.sh BUILD_DIR [--update] [CASE...]' >&2; exit 2; }
build=$(cd "$1" && pwd) || exit 2
shift
update=
[ "${1-}" != --update ] || { update=yes; shift; }
# Their names have no white space.
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(cd "$cases" && for case in */; do echo "${case%/}"; done)

umask 022
export LC_ALL=C.UTF-8 TERM=dumb
unset NO_COLOR COLUMNS SUDO_USER
# What /etc says of this machine is no matter.
export SPOOLSWEEP_CONFIG=
export SPOOLSWEEP_STATE=state
spoolsweep=$build/spoolsweep
forge=$build/forge
now=1795327200
# shellcheck disable=SC2034 # for the cases
queue=queue hostile=hostile empty=empty
work=$top/build/tmp/cli-$$
mkdir -p "$work/cases" || exit 1
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"$forge" postfix --fixed-ids --now $now --messages 400 --seed 7 "$work/queue" >/dev/null || exit 1
# As root forge gives the files to whom Postfix would: not the same user everywhere.
[ "$(id -u)" -ne 0 ] || chown -R 0:0 "$work/queue"
sh "$cases/hostile.sh" "$work/hostile" || exit 1
mkdir -p "$work/empty/active" "$work/empty/deferred" "$work/empty/incoming" || exit 1

sweep() { "$spoolsweep" --as-of $now "$@"; }

letter() { sh "$cases/letter.sh" letters "$1"; }

skip() {
	echo "$*" >"$result/skip"
	exit 0
}

# Before `chmod 0` on a part of the queue: root would not notice that.
own() {
	[ "$(id -u)" -ne 0 ] && return
	command -v setpriv >/dev/null || skip 'no setpriv(1) to be an ordinary user with'
	chown -R 65534:65534 "$1"
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$spoolsweep" ||
		skip "an ordinary user may not start $spoolsweep"
}

as_owner() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
}

as_stranger() {
	[ "$(id -u)" -eq 0 ] || skip 'only root can be several users'
	command -v setpriv >/dev/null || skip 'no setpriv(1) to be a stranger with'
	setpriv --reuid 65533 --regid 65533 --clear-groups "$@"
}

mail() {
	if [ -f "$top/testdata/mail/$1/make" ]; then
		sh "$top/testdata/mail/$1/make"
	else
		cat "$top/testdata/mail/$1/message"
	fi
}

acting() {
	case $(stat -f -c %T .) in
	nfs | overlayfs | v9fs | fuseblk | cifs | smb* | ceph) skip 'on this file system a queue is not acted on' ;;
	esac
	mkdir q && cp -a queue/. q && own q || exit
}

try() {
	echo "\$ spoolsweep $*"
	sweep "$@" 2>&1
	echo "[exit $?]"
}

# C0 but newline, DEL, and in UTF-8: C1, zero-width, bidi, separators, byte order mark, tags.
# Then the lines that are no UTF-8.
safe() {
	# shellcheck disable=SC2059 # octal
	range() { printf "$1[$2-$3]"; }
	cat >bytes
	LC_ALL=C grep -a -n \
		-e "$(printf '[\001-\011\013-\037\177]')" \
		-e "$(range '\302' '\200' '\237')" \
		-e "$(range '\342\200' '\213' '\217')" -e "$(range '\342\200' '\250' '\256')" \
		-e "$(range '\342\201' '\246' '\251')" \
		-e "$(printf '\357\273\277')" -e "$(printf '\363\240')" bytes | cat -v
	grep -a -n -v -x '.*' bytes | cat -v
}

stable() {
	sed -E -e 's/^[^ ]+ (postfix .+, (running|stopped|state unknown|offline copy))/HOST \1/' \
		-e 's/^(HOST postfix .*[^ ])  +(20[-0-9]+ [:0-9]+ UTC), [0-9.]+ s$/\1  \2, SECONDS/' \
		-e 's/^( *"host": )".*"/\1"HOST"/' \
		-e 's/^( *"seconds": )[0-9]*\.[-.e0-9]*/\1SECONDS/' \
		-e 's/^(  owner      uid )[0-9]+$/\1OWNER/' \
		-e 's/("owner_uid": )[0-9]+/\1OWNER/' \
		-e 's/^(q.*  the trash, of uid )[0-9]+$/\1OWNER/' -e 's:[^ ]*state/[0-9]+:state/OWNER:g' \
		-e 's/^((run [0-9]+|without a journal): .* in )[0-9.]+ s$/\1SECONDS/' \
		-e 's/^(DISK .*; free: ).*/\1FREE/' -e 's/^(free now: ).*/\1FREE/' -e 's/("free_[a-z]*": )[0-9nul]+/\1FREE/g' \
		-e 's/^(run [0-9]+ in .* files, ).*/\1SIZE/' -e 's/^([0-9,]+ files removed, ).* g/\1SIZE g/' \
		-e 's/^(  (started|by) +)[0-9u].*/\1.../' -e 's:^(  command  ).*/spoolsweep:\1spoolsweep:' \
		-e 's/^( *[0-9]+  )20[-0-9]+ [:0-9]+ UTC/\1WHEN/' -e 's/^(run  started) +what/\1  what/' \
		-e 's/(  state +who) +/\1  /' -e 's/^( *[0-9]+  WHEN.*)uid [0-9]+(, logged in as uid [0-9]+)? */\1WHO  /' \
		"$1"
}

passed=0 failed=0 skipped=0
for name; do
	case=$cases/$name
	[ -f "$case/cmd" ] || { echo "run.sh: there is no case $name" >&2; exit 2; }
	result=$work/cases/$name
	rm -rf "$work/here" && mkdir "$work/here" "$result" || exit 1
	ln -s ../queue ../hostile ../empty "$work/here"
	# shellcheck disable=SC1091
	(cd "$work/here" && . "$case/cmd") </dev/null >"$result/out" 2>"$result/err"
	echo $? >"$result/exit"
	if [ -f "$result/skip" ]; then
		echo "SKIP  $name: $(cat "$result/skip")"
		skipped=$((skipped + 1))
		continue
	fi
	stable "$result/out" >"$result/stdout"
	stable "$result/err" >"$result/stderr"
	if [ $update ]; then
		cp "$result/stdout" "$result/stderr" "$result/exit" "$case/"
		continue
	fi
	good=yes
	for part in exit stdout stderr; do
		diff -u --label "$name/$part" --label 'this run' "$case/$part" "$result/$part" \
			>"$result/diff" 2>&1 && continue
		good=
		cat -v "$result/diff" | head -n 40
	done
	if [ $good ]; then
		passed=$((passed + 1))
	else
		echo "FAIL  $name"
		failed=$((failed + 1))
	fi
done
[ ! $update ] || echo 'The goldens are written anew: git diff testdata/cli shows what changed.'
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
