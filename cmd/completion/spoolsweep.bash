# bash completion for spoolsweep(8)
#
# The lists stand on one line each: cmd/man/in_step.sh compares them with the program.
# shellcheck shell=bash disable=SC2034 # the lists of options and words are used by name

_spoolsweep_add() { # WORDS CURRENT [IN-FRONT]
	local word
	while read -r word; do
		COMPREPLY+=("${3-}$word")
	done < <(compgen -W "$1" -- "$2")
}

# A filter: the name of a field where a condition begins, a word where a field has a list of them.
# Inside of quotes all of the filter is one word; outside of them bash splits it at the operator.
_spoolsweep_filter() {
	local text=${COMP_WORDS[COMP_CWORD]} quote='' field=''
	case $text in
	[\'\"]*) quote=1 text=${text:1} ;;
	esac
	local tail=${text##*[ \(]}
	local front=${text%"$tail"}
	if [[ $quote && $tail == *[=~]* ]]; then
		field=${tail%%[=!~]*} front=$front${tail%"${tail##*[=~]}"} tail=${tail##*[=~]}
	elif [[ ! $quote && $text == = ]]; then
		field=${COMP_WORDS[COMP_CWORD-1]} tail=
	elif [[ ! $quote && ${COMP_WORDS[COMP_CWORD-1]} == = ]]; then
		field=${COMP_WORDS[COMP_CWORD-2]}
	fi
	if [[ $field =~ ^[a-z_]+$ ]]; then
		local -n list=words_$field
		[[ ! ${list-} ]] || _spoolsweep_add "$list" "$tail" "$front"
	elif [[ ! $field ]]; then
		_spoolsweep_add "$all_fields not all" "$tail" "$front"
		compopt -o nospace
	fi
}

_spoolsweep() {
	local all_commands='spools report top list show why purge hold release retry requeue undo apply expunge archive journal setup help'
	local options_spools='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --json --color --help --version'
	local options_report='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --cron --level --cache --explain --json --limit --color --help --version'
	local options_top='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --cache --explain --json --csv --limit --trash --color --help --version'
	local options_list='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --cache --explain --json --csv --limit --ids --sort --columns --trash --color --help --version'
	local options_show='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --json --raw --headers --part --out --trash --color --help --version'
	local options_why='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --cache --json --color --help --version'
	local options_purge='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --all --plan-out --no-undo --follow --log-messages --no-journal --ids-from --trust --color --help --version'
	local options_hold='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --all --plan-out --hold-is-hold --follow --log-messages --ids-from --trust --color --help --version'
	local options_release='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --all --plan-out --hold-is-hold --log-messages --ids-from --trust --color --help --version'
	local options_retry='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --all --plan-out --log-messages --ids-from --trust --color --help --version'
	local options_requeue='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --all --plan-out --log-messages --ids-from --trust --color --help --version'
	local options_undo='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --explain --json --apply --yes --max --reason --to --hold-is-hold --log-messages --trust --color --help --version'
	local options_apply='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --json --apply --yes --max --reason --resume --hold-is-hold --log-messages --no-journal --color --help --version'
	local options_archive='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --color --help --version'
	local options_expunge='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --apply --yes --max --reason --now --color --help --version'
	local options_journal='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --json --color --help --version'
	local options_setup='--spool --offline --local-domains --trusted-networks --jobs --memory --as-of --config --color --help --version'
	local options_help='--color --help --version'
	local all_fields='queue_id queue_name state format spool account account_source lost_login auth_method origin client_ip client_net client_name helo protocol uid script envelope_sender sender_domain rcpt rcpt_domain nrcpt message_size arrival_time age next_retry attempts reason reason_class subject subject_shape header_from message_id header: body attachment warnings finding'
	local words_state='submitted incoming active deferred held bad corrupt'
	local words_account_source='queue received log'
	local words_origin='account local lan relay inbound loopback dsn forward unknown'
	local words_reason_class='local-loop spam-content ip-reputation rate auth-policy unknown-user mailbox-full no-domain greylist network local-config other'
	local words_warnings='truncated bad-record bad-pointer no-sender no-time not-ready size too-many long-value not-regular unreadable bad-name misplaced bad-log marked-corrupt inode'
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' operands=0 i
	COMPREPLY=()

	case $prev in
	-s | --spool)
		compopt -o dirnames
		return
		;;
	--color | --log-messages)
		_spoolsweep_add 'auto always never' "$cur"
		return
		;;
	--sort)
		_spoolsweep_add "$all_fields" "$cur"
		return
		;;
	--columns)
		_spoolsweep_add "$all_fields" "${cur##*,}" "${cur%"${cur##*,}"}"
		compopt -o nospace
		return
		;;
	--all)
		_spoolsweep_add ALL "$cur"
		return
		;;
	--to)
		_spoolsweep_add 'hold origin' "$cur"
		return
		;;
	--trust)
		_spoolsweep_add received "$cur"
		return
		;;
	--level)
		_spoolsweep_add 'note suspect probable confirmed' "$cur"
		return
		;;
	--ids-from | --plan-out | --config | --out | -o)
		compopt -o default
		return
		;;
	--as-of | --jobs | --memory | --limit | -n | --local-domains | --trusted-networks | --max | --reason | --now | \
		--follow) return ;;
	esac

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | -n | --spool | --color | --sort | --columns | --as-of | --jobs | --memory | --limit | --max | \
			--reason | --all | --to | --now | --local-domains | --trusted-networks | \
			--follow | --log-messages | --trust | --ids-from | \
			--plan-out | --resume | --part | --config | --level | --out | -o) ((i++)) ;;
		-*) ;;
		*) if [[ $command ]]; then ((operands++)); else command=${COMP_WORDS[i]}; fi ;;
		esac
	done

	if [[ $cur == -* ]]; then
		local -n options=options_${command:-report}
		_spoolsweep_add "${options-}" "$cur"
		return
	fi
	case $command in
	'') _spoolsweep_add "$all_commands" "$cur" ;;
	help) _spoolsweep_add "$all_commands fields thresholds" "$cur" ;;
	list | report | purge | hold | release | retry | requeue) _spoolsweep_filter ;;
	undo) [[ $operands -eq 0 ]] || _spoolsweep_filter ;;
	top) if [[ $operands -eq 0 ]]; then _spoolsweep_add "$all_fields" "$cur"; else _spoolsweep_filter; fi ;;
	esac
}

complete -F _spoolsweep spoolsweep
