import { exists, readStart, readText } from "./read.ts";

/** Folders that an init system makes when it runs. */
const RUNNING: readonly (readonly [path: string, tag: string])[] = [
  ["run/systemd/system", "systemd"],
  ["run/openrc", "openrc"],
  ["run/runit", "runit"],
  ["run/s6-rc", "s6"],
];

/** Names of process 1 that say which it is. */
const PROCESS_NAMES: Readonly<Record<string, string>> = {
  systemd: "systemd",
  "openrc-init": "openrc",
  runit: "runit",
  "runit-init": "runit",
  "s6-svscan": "s6",
  procd: "procd",
  dinit: "dinit",
  linuxrc: "busybox-init",
};

/** Texts in the program of an init that is called nothing but `init`. */
const PROGRAMS: readonly (readonly [text: RegExp, tag: string])[] = [
  [/upstart/, "upstart"],
  [/BusyBox/, "busybox-init"],
  [/sysvinit|SYSV init|INIT_VERSION/i, "sysvinit"],
];

const PROGRAM_BYTES = 4 * 1024 * 1024;

/** The init system that runs; undefined in a container, where process 1 is something else. */
export function detectInit(root: string): string | undefined {
  const running = RUNNING.find(([path]) => exists(root, path));
  if (running) return running[1];
  const name = readText(root, "proc/1/comm")?.trim() ?? "";
  if (Object.hasOwn(PROCESS_NAMES, name)) return PROCESS_NAMES[name];
  return name === "init" ? initByProgram(root) : undefined;
}

function initByProgram(root: string): string | undefined {
  const program = readStart(root, "sbin/init", PROGRAM_BYTES) ?? "";
  return PROGRAMS.find(([text]) => text.test(program))?.[1];
}
