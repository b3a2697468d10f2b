#!/bin/bash
# root.sh NAME SECONDS PACKAGE... -- COMMAND...
#
# Runs COMMAND, started in the top folder of the project, in a root of its own:
# this machine's files with the unpacked packages laid over them, private mounts,
# processes and network (loopback only). Users, /etc and ports made there are
# gone with the last process; SECONDS later everything is killed. Two folders
# outlive it: the project itself, and build/lab/run/NAME (a / in NAME becomes -),
# seen inside as /lab.
# /lab/spool is on a real file system, because a queue id carries the inode.
#
# Exit: that of COMMAND; 77 with "SKIP NAME: reason" when this machine cannot;
# 137 when the time was up.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

skip() {
	echo "SKIP $name: $*"
	exit 77
}

# What runs as process 1 of the new namespaces, before and around COMMAND.
inside() {
	local run=$1 tree=$2
	shift 2
	local room=$run/room
	mount --make-rprivate /
	mount -t tmpfs -o mode=755 tmpfs "$room"
	mkdir "$room"/{packages,up,work,root}
	# No layer may be a folder of the machine's root, which is a layer itself.
	cp -a "$tree/." "$room/packages"
	# From inside, as a colon or comma in the path would end the option.
	(cd "$room" && mount -t overlay overlay root \
		-o lowerdir=packages:/,upperdir=up,workdir=work) ||
		skip "this machine does not allow an overlay over its root"
	mkdir -p "$room"/root/{proc,dev,sys,tmp,lab,var/lib,var/log,var/spool} "$room/root$top"
	chmod 1777 "$room/root/tmp"
	mount -t proc proc "$room/root/proc"
	mount --rbind /dev "$room/root/dev"
	mount --rbind "$top" "$room/root$top"
	mount --bind "$run" "$room/root/lab"
	# The resolver fails at once instead of asking a server that is not there.
	rm -f "$room/root/etc/resolv.conf"
	echo 'nameserver 127.0.0.1' >"$room/root/etc/resolv.conf"
	ip link set lo up
	# Not exec: process 1 has to collect what the daemons leave behind.
	# shellcheck disable=SC2016
	chroot "$room/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		LANG=C.UTF-8 PYTHONPATH=testdata/lab PYTHONDONTWRITEBYTECODE=1 \
		VARIANT="${VARIANT:-release}" sh -c 'cd "$0" && exec "$@"' "$top" "$@"
}

name=$1 seconds=$2
shift 2
if [ "$seconds" = inside ]; then
	inside "$@"
	exit
fi
packages=()
while [ "$1" != -- ]; do
	packages+=("$1")
	shift
done
shift

[ "$(id -u)" = 0 ] || skip "needs root, for users and mounts of its own"
for tool in unshare ip flock timeout; do
	command -v "$tool" >/dev/null || skip "needs $tool (packages util-linux, iproute2, coreutils)"
done
unshare -m -p -n -f --mount-proc true 2>/dev/null ||
	skip "this machine does not allow new namespaces (unshare)"
tree=$("$here/fetch.sh" "${packages[@]}" 2>&1) || skip "$tree"

run=$top/build/lab/run/${name//\//-}
mkdir -p "$run"
exec 8>"$run.lock"
flock -w "$seconds" 8 || skip "another run of $name does not end"
rm -rf "$run"
mkdir -p "$run/room" "$run/spool"

status=0
timeout --signal=INT --kill-after=5 "$seconds" \
	unshare -m -p -n -f --mount-proc --kill-child \
	"$here/root.sh" "$name" inside "$run" "$tree" "$@" 8>&- || status=$?
[ "$status" != 124 ] || status=137
exit "$status"
