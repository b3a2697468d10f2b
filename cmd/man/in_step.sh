#!/bin/sh
# in_step.sh BINARY MANUAL: whether the manual and the completions say what the program says:
# no command, option, field or word of a field missing, and none that the program has not.
# The truth is the program's own help.
set -u
program=$1 manual=$2
completion=$(dirname "$0")/../completion
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=

# Both lists, one item a line, in any order.
same() { # WHAT PROGRAM-LIST OTHER-LIST WHERE
	sort -u "$2" >"$work/a"
	sort -u "$3" >"$work/b"
	# A command may have no option of its own; all other lists have words.
	[ -s "$work/a" ] || [ "$1" != "${1#option of }" ] || { echo "$1: the program names none"; failed=yes; }
	comm -23 "$work/a" "$work/b" | sed "s|^|$4 lacks the $1 |" >"$work/lacks"
	comm -13 "$work/a" "$work/b" | sed "s|^|$4 has an unknown $1: |" >"$work/unknown"
	cat "$work/lacks" "$work/unknown"
	[ ! -s "$work/lacks" ] && [ ! -s "$work/unknown" ] || failed=yes
}

section() { # NAME: that section of the manual
	awk -v name="$1" '/^\.Sh / { on = substr($0, 5) == name } on' "$manual"
}

# The entry of a command in the manual: from its .It to the next one of that level.
entry() { # COMMAND
	section COMMANDS | awk -v name="$1" '
		/^\.It Xo/ { head = 1; on = 0; next }
		head { on = ($0 == ".Cm " name); head = 0 }
		on'
}

long_options() { # of mdoc text: every Fl -name
	grep -o 'Fl -[a-z-]*\|| -[a-z-]*' | sed 's/^.* -//'
}

# ---- what the program says ----

"$program" --help | sed -n '/^Examples/q; s/^  \([a-z]*\) .*/\1/p' >"$work/commands"
grep -q "^report$" "$work/commands" || { echo "$program --help names no command, report for one" >&2; exit 1; }
"$program" --help | sed -n '/^Options/,$s/^  .\{4\}--\([a-z-]*\).*/\1/p' >"$work/common"
while read -r command; do
	"$program" help "$command" | sed -n 's/^  .\{4\}--\([a-z-]*\).*/\1/p' >"$work/options-$command"
done <"$work/commands"
export SPOOLSWEEP_CONFIG=
cat "$work"/options-* >"$work/options"
"$program" help fields | sed -n 's/^  \([a-z][a-z_]*:*\).*/\1/p' >"$work/fields"
"$program" help fields | sed -n 's/^  [a-z][a-z_]*  *\([a-z]*\)  .*/\1/p' | grep . >"$work/aliases"
"$program" help fields | awk '
	/^  [a-z]/ { field = $1; next }
	{ for (i = 1; i <= NF; i++) print field, $i }' >"$work/field-words"
cut -d ' ' -f 2 "$work/field-words" >"$work/words"
cut -d ' ' -f 1 "$work/field-words" | uniq >"$work/word-fields"

# ---- the manual ----

section COMMANDS | sed -n '/^\.It Xo/{n;s/^\.Cm //p;}' >"$work/m-commands"
section COMMANDS | sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' >>"$work/m-commands"
same command "$work/commands" "$work/m-commands" "$manual"
section OPTIONS | grep '^\.It Fl' | long_options >"$work/m-options"
same option "$work/options" "$work/m-options" "$manual"
section FIELDS | sed -n 's/^\.It Va \([a-z_]*:*\).*/\1/p' >"$work/m-fields"
same field "$work/fields" "$work/m-fields" "$manual"
section FIELDS | sed -n 's/^\.It Va .* Pq Va \([a-z]*\)$/\1/p' >"$work/m-aliases"
same alias "$work/aliases" "$work/m-aliases" "$manual"
section FIELDS | sed -n 's/^\(\.It \)*\.*Cm \([a-z-]*\).*/\2/p' | grep -v -x -e top -e spools -e '' >"$work/m-words"
same word "$work/words" "$work/m-words" "$manual"
while read -r command; do
	[ "$command" = help ] && continue
	grep -v -x -F -f "$work/common" "$work/options-$command" >"$work/own"
	entry "$command" | sed -n '1,/^\.Xc/p' | sed 's/Fl n /Fl -limit /' | long_options >"$work/m-own"
	same "option of $command" "$work/own" "$work/m-own" "$manual"
done <"$work/commands"

sed -n '/^\.\\" thresholds: from here/,/^\.\\" thresholds: to here/{/^\.\\" thresholds/!p;}' "$manual" >"$work/m-thresholds"
sh "$(dirname "$0")/thresholds.sh" "$program" | diff "$work/m-thresholds" - >"$work/diff" || {
	cat "$work/diff"
	echo "the thresholds are others: sh $(dirname "$0")/thresholds.sh $program $manual"
	failed=yes
}

# ---- the completions: NAME='word word', on one line each ----

words_of() { # FILE NAME
	sed -n "s/^[[:space:]]*\(local \)*$2='\(.*\)'$/\2/p" "$1" | tr -s ' ' '\n' | grep .
}

for file in "$completion/spoolsweep.bash" "$completion/_spoolsweep"; do
	words_of "$file" all_commands >"$work/c-commands"
	same command "$work/commands" "$work/c-commands" "$file"
	words_of "$file" all_fields >"$work/c-fields"
	same field "$work/fields" "$work/c-fields" "$file"
	while read -r command; do
		words_of "$file" "options_$command" | sed 's/^--//' >"$work/c-options"
		same "option of $command" "$work/options-$command" "$work/c-options" "$file"
	done <"$work/commands"
	while read -r field; do
		sed -n "s/^$field //p" "$work/field-words" >"$work/values"
		words_of "$file" "words_$field" >"$work/c-values"
		same "word of $field" "$work/values" "$work/c-values" "$file"
	done <"$work/word-fields"
done
[ ! $failed ]
