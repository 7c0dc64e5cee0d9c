import type { Service } from "@jamesd/service";

/** What dpkg runs of a package with a service, by the name of the script (Debian policy, chapter 6). */
export function maintainerScripts({ name, user }: Service): Readonly<Record<string, string>> {
  const makeUser =
    user === "root"
      ? ""
      : `	adduser --quiet --system --group --no-create-home --home /var/lib/${name} ${user}\n`;
  const removeUser =
    user === "root"
      ? ""
      : `	deluser --quiet --system ${user} 2>/dev/null || true\n	delgroup --quiet --system ${user} 2>/dev/null || true\n`;
  return {
    postinst: `#!/bin/sh
set -e
if [ "$1" = configure ]; then
${makeUser}	deb-systemd-helper unmask ${name}.service >/dev/null || true
	if deb-systemd-helper --quiet was-enabled ${name}.service; then
		deb-systemd-helper enable ${name}.service >/dev/null || true
	else
		deb-systemd-helper update-state ${name}.service >/dev/null || true
	fi
	if [ -d /run/systemd/system ]; then
		systemctl --system daemon-reload >/dev/null || true
		# At first it has no certificates yet; who brings them starts it.
		if [ -n "$2" ]; then
			systemctl --system try-restart ${name}.service >/dev/null || true
		elif [ -n "$(ls /etc/${name}/pki)" ]; then
			deb-systemd-invoke start ${name}.service >/dev/null || true
		fi
	fi
fi
`,
    prerm: `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop ${name}.service >/dev/null || true
fi
`,
    postrm: `#!/bin/sh
set -e
if [ "$1" = remove ] && command -v deb-systemd-helper >/dev/null; then
	deb-systemd-helper mask ${name}.service >/dev/null || true
fi
if [ "$1" = purge ]; then
	if command -v deb-systemd-helper >/dev/null; then
		deb-systemd-helper purge ${name}.service >/dev/null || true
		deb-systemd-helper unmask ${name}.service >/dev/null || true
	fi
	# Settings, keys and all that it has kept.
	rm -rf /etc/${name} /var/lib/${name}
${removeUser}fi
if [ -d /run/systemd/system ]; then
	systemctl --system daemon-reload >/dev/null || true
fi
`,
  };
}
