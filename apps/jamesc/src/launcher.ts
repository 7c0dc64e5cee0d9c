/** How often a new jamesc is started before the old one comes back. */
const MOST_STARTS = 3;

/**
 * The script that starts the agent, which no update of the agent replaces. While there is a trial (`transaction/own/trial.ts`)
 * it starts the one from before the update, or, once the device is switched over, the new one a few times; a start that
 * does not prove itself in time is killed. What it has started is the process of the service itself.
 */
export const LAUNCHER = `#!/bin/sh
# Starts jamesc: the one that is installed; while an update of jamesc proves itself, it decides between the new and the old.
# Usage: launch STATE_DIR COMMAND [ARGUMENT]...
state=$1
shift
# When a process was started: its id alone may be another one's by the time that it is looked at. proc_pid_stat(5)
started() {
	stat=$(cat "/proc/$1/stat" 2>/dev/null)
	# A name may have spaces and parentheses in it.
	set -- \${stat##*")"}
	echo "\${20}"
}
trial=$state/trial
start=launched
if [ -e "$trial/command" ]; then
	starts=$(cat "$trial/starts" 2>/dev/null)
	starts=$((\${starts:-0} + 1))
	if [ -e "$trial/switched" ] && [ "$starts" -le ${MOST_STARTS} ]; then
		start=trial
		echo "$starts" >"$trial/starts"
		seconds=$(cat "$trial/seconds" 2>/dev/null)
		agent=$$
		since=$(started "$agent")
		# By itself, so that the agent has no child that it does not know.
		(
			(
				# It ends with the agent, or with the trial: an init system tells of what it leaves behind.
				left=\${seconds:-120}
				while [ "$left" -gt 0 ] && [ -e "$trial/command" ] && [ "$(started "$agent")" = "$since" ]; do
					sleep 1
					left=$((left - 1))
				done
				if [ -e "$trial/command" ] && [ "$(cat "$trial/starts" 2>/dev/null)" = "$starts" ] &&
					[ "$(started "$agent")" = "$since" ]; then
					kill -KILL "$agent"
				fi
			) >/dev/null 2>&1 </dev/null &
		)
	else
		start=old
		while IFS= read -r word; do
			case $word in
			"$trial"/*) [ -e "$word" ] || start=launched ;;
			esac
		done <"$trial/command"
	fi
fi
if [ $start = old ]; then
	set --
	while IFS= read -r word; do
		set -- "$@" "$word"
	done <"$trial/command"
fi
JAMESC_START=$start:$state
export JAMESC_START
# Of glibc: what is large goes back to the system when it is free. While it waits the agent has some 2 MB less so.
MALLOC_ARENA_MAX=\${MALLOC_ARENA_MAX:-1}
MALLOC_MMAP_THRESHOLD_=\${MALLOC_MMAP_THRESHOLD_:-131072}
MALLOC_TRIM_THRESHOLD_=\${MALLOC_TRIM_THRESHOLD_:-131072}
export MALLOC_ARENA_MAX MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
# Of Node: the authorities that come with it, 1 MB, are not read, nor those of the system in their place. Those that jamesc
# is given are the only ones that count for it; without them it would trust nobody.
if [ -z "$NODE_OPTIONS" ]; then
	NODE_OPTIONS=--use-openssl-ca
	SSL_CERT_FILE=/dev/null
	SSL_CERT_DIR=/dev/null
	export NODE_OPTIONS SSL_CERT_FILE SSL_CERT_DIR
fi
exec "$@"
`;
