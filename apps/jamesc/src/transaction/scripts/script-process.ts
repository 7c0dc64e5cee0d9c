import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { naming } from "../disk/device-error.ts";

/** Which process a script is. Its number alone may be that of another one later, or after a restart of the device. */
export interface ScriptProcess {
  /** Also the number of the session that it leads. */
  readonly pid: number;
  /** When it was started, in the kernel's ticks since the boot. */
  readonly started: string;
  readonly boot: string;
  /** What nobody else knows. The rest any user can see, and could pass off processes of theirs as the script's. */
  readonly secret?: string;
}

/** The variable by which what a script started is known, also in a session of its own. */
export const MARK = "JAMES_PROCESS";

const SECRET_BYTES = 16;

/** What that variable says: which process the script is. */
export function markOf({ pid, started, secret = "" }: ScriptProcess): string {
  return `${pid}-${started}-${secret}`;
}

/** The name of a process: no other one of this start of the device has its number and its start. */
export function nameOf({ pid, started }: { readonly pid: number; readonly started: string }): string {
  return `${pid} ${started}`;
}

/** What /proc says of a process. */
export interface ProcessStat {
  readonly isAlive: boolean;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly started: string;
}

/** A process that was just started, and that nobody has waited for. */
export function identify(pid: number): ScriptProcess {
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  return { pid, started: statOf(pid)?.started ?? "", boot: bootId(), secret };
}

/** It still runs: it, and no other one that has its number now. */
export function isRunning({ pid, started, boot }: ScriptProcess): boolean {
  const stat = statOf(pid);
  return stat?.isAlive === true && stat.started === started && bootId() === boot;
}

/** Undefined when there is no such process. proc_pid_stat(5) */
export function statOf(pid: number): ProcessStat | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is a name in parentheses, which may have spaces and parentheses in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group, session] = fields;
  if (state === "") return undefined;
  // Who has ended stays in the list until its parent asks; some first processes of containers never do.
  const isAlive = !/^[ZXx]/.test(state);
  const started = fields[19] ?? "";
  return { isAlive, parent: Number(parent), group: Number(group), session: Number(session), started };
}

/** Which start of the device this is. */
export function bootId(): string {
  return readIfThere("/proc/sys/kernel/random/boot_id").trim();
}

/** It is not the process that cannot be read: for lack of files or memory nothing could, and whoever runs runs still. */
export function isScarcity(cause: unknown): boolean {
  return ["EMFILE", "ENFILE", "ENOMEM"].includes((cause as NodeJS.ErrnoException).code ?? "");
}

function readIfThere(path: string): string {
  return naming("read", path, () => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      if (isScarcity(cause)) throw cause;
      return "";
    }
  });
}
