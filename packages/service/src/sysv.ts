import type { CommandLine, Service } from "./service.ts";
import { shellCommand } from "./shell.ts";

/** The init script of a service for System V init: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/iniscrptact.html */
export function sysvScript(service: Service, command: CommandLine): string {
  const { name, description, user, restartSeconds, stopSeconds, openFiles } = service;
  return `#!/bin/sh
### BEGIN INIT INFO
# Provides:          ${name}
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Should-Start:      $network $time
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: ${description}
### END INIT INFO
# Settings are in /etc/${name}/${name}.yaml, variables such as ${name.toUpperCase()}_LOG_LEVEL=debug in
# /etc/${name}/${name}.env; the log is /var/log/${name}.log.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
pidfile=/run/${name}.pid
log=/var/log/${name}.log

tell() {
	told=$child
	# Once: a second signal may mean more.
	[ -z "$child" ] || kill -TERM $child 2>/dev/null
}

# Runs it, and again whenever it has ended by itself.
supervise() {
	stop=
	child=
	trap 'stop=1; tell' TERM
	trap '[ -z "$child" ] || kill -HUP $child 2>/dev/null' HUP
	while [ -z "$stop" ]; do
		${shellCommand(command)} &
		child=$!
		# One that came when nobody knew it yet.
		[ -z "$stop" ] || [ "$told" = "$child" ] || tell
		# A signal ends a wait, but not the program.
		while kill -0 $child 2>/dev/null; do wait $child; done
		child=
		[ -n "$stop" ] || sleep ${restartSeconds}
	done
}

is_running() {
	pid=$(cat $pidfile 2>/dev/null) && tr '\\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ' supervise ${name} '
}

start() {
	is_running && return 0
	mkdir -p /var/lib/${name} && chmod 700 /var/lib/${name} && chown ${user} /var/lib/${name} || return 1
	touch $log && chmod 640 $log && chown ${user} $log || return 1
	${openFiles === undefined ? "" : `ulimit -n ${openFiles} 2>/dev/null || ulimit -n "$(ulimit -H -n)"\n\t`}start-stop-daemon --start --background --make-pidfile --pidfile $pidfile \\
		--chuid ${user} --startas /bin/sh -- "$0" supervise ${name}
}

stop() {
	is_running || return 0
	kill -TERM "$pid"
	left=${stopSeconds}
	while is_running; do
		if [ $left -le 0 ]; then
			kill -KILL "-$pid"
			break
		fi
		left=$((left - 1))
		sleep 1
	done
	rm -f $pidfile
}

case "$1" in
supervise)
	if [ -r /etc/${name}/${name}.env ]; then
		set -a
		. /etc/${name}/${name}.env
		set +a
	fi
	exec >>$log 2>&1 </dev/null
	supervise
	;;
start) start ;;
stop) stop ;;
restart | force-reload) stop && start ;;
reload) is_running && kill -HUP "$pid" ;;
status)
	if is_running; then
		echo "${name} is running"
	else
		echo "${name} is not running"
		exit 3
	fi
	;;
*)
	echo "Usage: $0 start|stop|restart|force-reload|reload|status" >&2
	exit 2
	;;
esac
`;
}
