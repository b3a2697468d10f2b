#!/bin/sh
# Makes sure that the named Debian packages are here. As root it installs what is missing, by
# name and nothing else; otherwise it prints the line to paste. Never a mail server: a package
# that provides one would remove the reader's own, so such a name is refused.
set -u
missing=
for package in "$@"; do
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
		missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "spoolsweep needs what Debian calls:$missing" >&2
	echo "This is not Debian: install them by the names they have here." >&2
	exit 0 # the compiler will say what is really missing
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "Missing packages. Paste this line, then run make again:" >&2
	echo "  sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# A list of packages that is there will do; a new machine has none yet.
plan=$(apt-get -s install --no-install-recommends $missing 2>&1) || {
	apt-get -q update >/dev/null || exit 1
	plan=$(apt-get -s install --no-install-recommends $missing 2>&1) || { echo "$plan" >&2; exit 1; }
}
# Whatever it is called: what provides a mail server would replace the reader's own.
brings=
for package in $(echo "$plan" | sed -n 's/^Inst \([^ ]*\).*/\1/p'); do
	apt-cache show "$package" | grep -qE '^Provides:.*mail-transport-agent' && brings="$brings $package"
done
if [ -n "$brings" ] || echo "$plan" | grep -q '^Remv '; then
	echo "refused: this would remove packages or bring in a mail server:$brings" >&2
	echo "$plan" | grep -E '^(Remv|Inst)' >&2
	exit 1
fi
apt-get -q -y install --no-install-recommends $missing >/dev/null
