#!/bin/bash
# Follows a page of docs/ to the letter, as root: letter.sh PAGE SECONDS. In its blocks of console, a line after "# " is
# a command, lines after "> " belong to it, and everything else is what it must print; … stands for anything. A command
# that only looks may be repeated, as a person does who waits. A comment <!-- trial: … --> is what the trial does in
# place of hands.
set -u
shopt -s expand_aliases
page=$1 patience=$2
done_=0
looks='^(gated (status|journal)|cat |journalctl |central records)'
scan() { sleep 1; printf '%s\r' "$(grep -o 'G1:[A-Z2-7]*' <<<"$said" | tail -1)" >/dev/gate-glass; }

# follow runs the command and compares.
follow() {
	[ -n "$command" ] || return 0
	local pattern end
	pattern=$(printf '%s' "${expected%$'\n'}" | sed 's/[][\\*?]/\\&/g; s/…/*/g')
	end=$((SECONDS + patience))
	while :; do
		eval "$command" >/tmp/letter 2>&1 </dev/null
		code=$?
		said=$(cat /tmp/letter)
		# shellcheck disable=SC2053 # it is a pattern
		[[ $said == $pattern ]] && { [ $code = 0 ] || [[ $expected == *"cannot access"* ]]; } && break
		if ! [[ $command =~ $looks ]] || [ $SECONDS -ge $end ]; then
			printf 'FAIL the page says\n%s\n     and after "%s" (%d) there was\n%s\n' "$expected" "$command" $code "$said"
			exit 1
		fi
		sleep 0.5
	done
	done_=$((done_ + 1))
	command='' expected=''
}

command='' expected='' inside=
while IFS= read -r line <&3; do
	case $inside$line in
	'```console') inside=@ ;;
	'@```') follow; inside= ;;
	'@# '*) follow; command=${line#\# } ;;
	'@> '*) command+=$'\n'${line#> } ;;
	@*) expected+=$line$'\n' ;;
	'<!-- trial: '*) line=${line#<!-- trial: } && eval "${line% -->}" || { echo "FAIL $line"; exit 1; } ;;
	esac
done 3<"$page"
[ $done_ -gt 15 ] || { echo "FAIL only $done_ commands found on the page"; exit 1; }
echo "$done_ commands of $page, each with the output that it says"
