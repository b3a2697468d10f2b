#!/bin/sh
# restore.sh CASE DIR: a fixture of testdata/queues/postfix as the queue it was.
#
# Copies CASE/tree to the new folder DIR, adds the queue folders that were empty,
# and gives each file the mode and mtime that CASE/modes lists.
set -eu

mkdir "$2"
for folder in maildrop incoming active deferred hold corrupt defer bounce trace; do
	mkdir -m 700 "$2/$folder"
done
cp -R "$1/tree/." "$2"
while read -r mode mtime path; do
	chmod "$mode" "$2/$path"
	touch -d "@$mtime" "$2/$path"
done <"$1/modes"
