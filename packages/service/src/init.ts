import { existsSync, readFileSync } from "node:fs";
import { JamesError } from "@jamesd/model";
import { readInImage } from "./in-image.ts";
import { openrcScript } from "./openrc.ts";
import type { CommandLine, Service } from "./service.ts";
import { systemdUnit } from "./systemd.ts";
import { sysvScript } from "./sysv.ts";

/** An init system, as far as it starts services. */
export interface Init {
  /** Whether it runs this machine. */
  readonly isRunning: () => boolean;
  /** What only its images have, below their tops. */
  readonly installed: readonly string[];
  /** The file that describes a service to it. */
  readonly file: (name: string) => string;
  readonly mode: number;
  readonly render: (service: Service, command: CommandLine) => string;
  /** The links that have the service started at boot, and where each leads. */
  readonly links: (name: string) => readonly (readonly [path: string, target: string])[];
  /** What has it read its files again, and what starts and stops a service. */
  readonly reload: readonly CommandLine[];
  readonly start: (name: string) => CommandLine;
  readonly stop: (name: string) => CommandLine;
}

const SYSTEMD: Init = {
  isRunning: () => existsSync("/run/systemd/system"),
  installed: ["usr/lib/systemd/systemd", "lib/systemd/systemd"],
  file: (name) => `/etc/systemd/system/${name}.service`,
  mode: 0o644,
  render: systemdUnit,
  links: (name) => [
    [`/etc/systemd/system/multi-user.target.wants/${name}.service`, `/etc/systemd/system/${name}.service`],
  ],
  reload: [["systemctl", "daemon-reload"]],
  start: (name) => ["systemctl", "restart", `${name}.service`],
  stop: (name) => ["systemctl", "stop", `${name}.service`],
};

const OPENRC: Init = {
  isRunning: () => existsSync("/run/openrc"),
  installed: ["sbin/openrc-run", "usr/sbin/openrc-run"],
  file: (name) => `/etc/init.d/${name}`,
  mode: 0o755,
  render: openrcScript,
  links: (name) => [[`/etc/runlevels/default/${name}`, `/etc/init.d/${name}`]],
  reload: [],
  start: (name) => ["rc-service", name, "restart"],
  stop: (name) => ["rc-service", "--ifstarted", name, "stop"],
};

const SYSV: Init = {
  // A container has the folder as well, but runs something else.
  isRunning: () => existsSync("/etc/init.d") && readFileSync("/proc/1/comm", "utf8") === "init\n",
  installed: ["etc/init.d"],
  file: (name) => `/etc/init.d/${name}`,
  mode: 0o755,
  render: sysvScript,
  links: (name) =>
    [..."0123456"].map((level) => [
      `/etc/rc${level}.d/${"2345".includes(level) ? "S" : "K"}20${name}`,
      `../init.d/${name}`,
    ]),
  reload: [],
  start: (name) => [`/etc/init.d/${name}`, "restart"],
  stop: (name) => [`/etc/init.d/${name}`, "stop"],
};

/** Those that are known; the first that fits is the one. */
export const INITS = { systemd: SYSTEMD, openrc: OPENRC, sysv: SYSV } as const;
export type InitName = keyof typeof INITS;

/** The init system that runs, or that of an image. @throws JamesError INIT_UNKNOWN */
export function findInit(root: string): InitName {
  const found = Object.entries(INITS).find(([, init]) =>
    root === "/" ? init.isRunning() : init.installed.some((path) => existsSync(readInImage(root, path))),
  );
  if (found) return found[0] as InitName;
  const where = root === "/" ? "this machine runs" : `${root} has`;
  throw new JamesError("INIT_UNKNOWN", `${where} none of ${Object.keys(INITS).join(", ")}`, {
    hint: "Name the init system with --init, or have what is there start the program itself.",
  });
}
