#!/bin/sh
# Who may include whom. Prints every include that goes the wrong way; fails if there is one.
#   cmd -> tui -> core <- formats; cmd also includes formats/registry.h, and nothing else there.
#   Inside core: base < mail < queue < query < verdict < act; log sits on queue, out on base.
set -u
cd "$(dirname "$0")/.." || exit 1
wrong=0

rank() {
	case $1 in
	core/base/*) echo 0 ;;
	core/mail/*) echo 1 ;;
	core/queue/*) echo 2 ;;
	core/query/*) echo 3 ;;
	core/verdict/*) echo 4 ;;
	core/act/*) echo 5 ;;
	*) echo 9 ;;
	esac
}

allowed() { # FILE INCLUDED
	case $1 in
	*_test.c) return 0 ;; # tests may reach for whatever they need
	esac
	case $1:$2 in
	cmd/*:cmd/* | cmd/*:tui/* | cmd/*:core/* | cmd/*:formats/registry.h) return 0 ;;
	cmd/*) return 1 ;;
	tui/*:tui/* | tui/*:core/*) return 0 ;;
	tui/*) return 1 ;;
	formats/registry.c:formats/*) return 0 ;;
	formats/*:core/*) return 0 ;;
	formats/*) # a driver knows itself, not its neighbours
		[ "$(echo "$1" | cut -d/ -f2)" = "$(echo "$2" | cut -d/ -f2)" ] || [ "$2" = formats/registry.h ] ;
		return ;;
	core/out/*:core/out/* | core/out/*:core/base/*) return 0 ;;
	core/log/*:core/log/* | core/log/*:core/queue/* | core/log/*:core/mail/* | core/log/*:core/base/*) return 0 ;;
	core/out/* | core/log/*) return 1 ;;
	core/*:core/*) [ "$(rank "$2")" -le "$(rank "$1")" ] ; return ;;
	esac
	return 1
}

for file in $(find cmd core formats tui -name '*.[ch]' 2>/dev/null | sort); do
	for included in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
		if ! allowed "$file" "$included"; then
			echo "$file may not include $included"
			wrong=1
		fi
	done
done
exit $wrong
