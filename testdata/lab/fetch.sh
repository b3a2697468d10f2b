#!/bin/sh
# fetch.sh PACKAGE...: Debian packages unpacked below build/lab, never installed.
#
# Prints the folder with the unpacked tree. The libraries the packages need and
# this machine has not come along. What was fetched once is used again, so only
# the first run needs the network. Exit 77 with a reason on stderr when there is
# no way to get them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lab=$here/../../build/lab
mkdir -p "$lab/debs" "$lab/unpacked" "$lab/apt"
lab=$(cd "$lab" && pwd)

cannot() {
	echo "$*" >&2
	exit 77
}

# All of apt's own files go below build/, so nothing else is written.
apt() {
	apt-get -qq -o Dir::Cache="$lab/apt" -o APT::Sandbox::User=root "$@"
}

download() (
	cd "$lab/debs"
	apt download "$1" 2>"$lab/apt/why" && return 0
	grep -q 'Unable to locate' "$lab/apt/why" || return 1
	# A fresh container has no package lists: fetch private ones and ask again.
	mkdir -p "$lab/apt/lists/partial"
	lists=Dir::State::Lists=$lab/apt/lists
	apt -o "$lists" update >/dev/null 2>"$lab/apt/why" || return 1
	apt -o "$lists" download "$1" 2>"$lab/apt/why"
)

deb_of() {
	find "$lab/debs" -name "$1_*.deb" | sort | tail -n 1
}

# The libraries a package depends on, one a line, first alternative only.
libraries_of() {
	{ dpkg-deb -f "$1" Depends; dpkg-deb -f "$1" Pre-Depends; } |
		tr ',' '\n' | sed -n 's/^ *\(lib[^ |]*\).*/\1/p'
}

unpack() {
	deb=$(deb_of "$1")
	if [ -z "$deb" ]; then
		download "$1" || cannot "cannot fetch the package $1 ($(tail -n 1 "$lab/apt/why"));" \
			"run again when online, or put $1_*.deb into build/lab/debs"
		deb=$(deb_of "$1")
	fi
	echo "$1" >>"$tree.list"
	dpkg -x "$deb" "$tree.new"
	for library in $(libraries_of "$deb"); do
		grep -qx "$library" "$tree.list" && continue
		dpkg -s "$library" >/dev/null 2>&1 || unpack "$library"
	done
}

for tool in apt-get dpkg; do
	command -v "$tool" >/dev/null || cannot "needs Debian or Ubuntu ($tool)"
done

tree=$lab/unpacked/$(echo "$@" | tr ' ' '+')
exec 9>"$lab/fetch.lock"
flock 9
if [ ! -d "$tree" ]; then
	rm -rf "$tree.new" "$tree.list"
	mkdir -p "$tree.new/usr"
	for package in "$@"; do
		unpack "$package"
	done
	# Laid over a root whose /lib is a link to /usr/lib, a real /lib would hide it.
	for top in lib lib64 bin sbin; do
		[ -d "$tree.new/$top" ] || continue
		mkdir -p "$tree.new/usr/$top"
		cp -a "$tree.new/$top/." "$tree.new/usr/$top/"
		rm -rf "$tree.new/${top:?}"
	done
	rm -f "$tree.list"
	mv "$tree.new" "$tree"
fi
echo "$tree"
