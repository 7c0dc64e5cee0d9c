import type { CommandLine, Service } from "./service.ts";

/** The unit of a service. A program without a path is looked for in `/usr/local/bin` and `/usr/bin`. */
export function systemdUnit(service: Service, command: CommandLine): string {
  const { name, description, user, restartSeconds, stopSeconds, openFiles, systemd } = service;
  return `# ${description}. Settings are in /etc/${name}/${name}.yaml; see docs/operations.md.
[Unit]
Description=${name}, ${description[0]?.toLowerCase()}${description.slice(1)}
${systemd.unit}
[Service]
# It says by systemd-notify, a process of its own, when it is ready and that it lives.
Type=notify
NotifyAccess=all
# Variables such as ${name.toUpperCase()}_LOG_LEVEL=debug; see docs/configuration.md.
EnvironmentFile=-/etc/${name}/${name}.env
ExecStart=${command.map(quoted).join(" ")}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=${restartSeconds}
TimeoutStopSec=${stopSeconds}
User=${user}
StateDirectory=${name}
StateDirectoryMode=0700
${openFiles === undefined ? "" : `LimitNOFILE=${openFiles}\n`}${systemd.service}
[Install]
WantedBy=multi-user.target
`;
}

// systemd.syntax(7) and systemd.service(5): specifiers and variables are doubled, everything else goes into quotes.
function quoted(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./:@%+=-]+$/.test(word) ? escaped : `"${escaped.replace(/["\\]/g, "\\$&")}"`;
}
