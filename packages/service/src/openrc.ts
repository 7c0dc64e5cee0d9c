import { shellWord } from "@jamesd/model";
import type { CommandLine, Service } from "./service.ts";
import { shellCommand } from "./shell.ts";

/** The init script of a service for OpenRC: https://github.com/OpenRC/openrc/blob/master/service-script-guide.md */
export function openrcScript(service: Service, command: CommandLine): string {
  const { name, description, user, restartSeconds, stopSeconds, openFiles } = service;
  const [program, ...args] = command;
  const commandArgs = args.map(shellWord).join(" ");
  return `#!/sbin/openrc-run
# ${description}. Settings are in /etc/${name}/${name}.yaml, variables such as ${name.toUpperCase()}_LOG_LEVEL=debug in
# /etc/${name}/${name}.env; the log is /var/log/${name}.log.

name=${name}
description=${shellWord(description)}
supervisor=supervise-daemon
command=${shellCommand([program])}
command_args=${shellWord(commandArgs)}
command_user=${user}
pidfile=/run/${name}.pid
respawn_delay=${restartSeconds}
# Again and again, however often.
respawn_max=0
retry=TERM/${stopSeconds}/KILL/5
output_log=/var/log/${name}.log
error_log=/var/log/${name}.log
extra_started_commands=reload

depend() {
	# Debian has other names for what mounts, which is over before this runlevel.
	use localmount net
	after firewall
}

start_pre() {
	checkpath --directory --mode 0700 --owner ${user} /var/lib/${name} || return 1
	checkpath --file --mode 0640 --owner ${user} /var/log/${name}.log || return 1
${
  openFiles === undefined
    ? ""
    : `	# Where the system gives fewer, as many as it gives.
	ulimit -n ${openFiles} 2>/dev/null || ulimit -n "$(ulimit -H -n)"
`
}	if [ -r /etc/${name}/${name}.env ]; then
		set -a
		. /etc/${name}/${name}.env
		set +a
	fi
}

reload() {
	ebegin "Reloading $RC_SVCNAME"
	supervise-daemon "$RC_SVCNAME" --signal HUP --pidfile "$pidfile"
	eend $?
}
`;
}
