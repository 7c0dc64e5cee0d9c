import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** USER_HZ, which Linux has fixed at 100 for all that it tells programs (proc(5)). */
const TICK_MS = 10;

/** Milliseconds of processor time, user and system, that a running process has used (proc(5), fields 14 and 15). */
export function cpuMs(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

// From the third on: the second is the program's name in parentheses and may hold anything.
function statFields(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The same of a process with all that it has started and that has ended or still runs. */
export function treeCpuMs(pid: number): number {
  for (;;)
    try {
      return treeCpuMsNow(pid);
    } catch (thrown) {
      // One ended while it was counted: its time is its parent's now, who may have been counted before.
      if (!existsSync(`/proc/${pid}`)) throw thrown;
    }
}

function treeCpuMsNow(pid: number): number {
  const fields = statFields(pid);
  const ended = (Number(fields[13]) + Number(fields[14])) * TICK_MS;
  return cpuMs(pid) + ended + childrenOf(pid).reduce((sum, child) => sum + treeCpuMsNow(child), 0);
}

/** Memory of a running process and all below it, in KB. */
export interface Memory {
  readonly resident: number;
  /** Shared pages by halves, thirds and so on, of all who have them. */
  readonly proportional: number;
  /** What nobody else has. */
  readonly own: number;
  /** What is in no file, and stays in memory whoever needs it. */
  readonly anonymous: number;
}

export function treeMemory(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kb = (field: string): number => kbOf(rollup, field);
  const alone = {
    resident: kb("Rss"),
    proportional: kb("Pss"),
    own: kb("Private_Clean") + kb("Private_Dirty"),
    anonymous: kb("Anonymous"),
  };
  return childrenOf(pid).map(treeMemory).reduce(sumOf, alone);
}

function sumOf(a: Memory, b: Memory): Memory {
  return {
    resident: a.resident + b.resident,
    proportional: a.proportional + b.proportional,
    own: a.own + b.own,
    anonymous: a.anonymous + b.anonymous,
  };
}

function childrenOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"),
  );
  return children.join(" ").split(" ").filter(Boolean).map(Number);
}

/** Resident memory of a running process now. */
export function residentKb(pid: number): number {
  return statusKb(pid, "VmRSS");
}

/** The most resident memory that a running process ever had. */
export function peakResidentKb(pid: number): number {
  return statusKb(pid, "VmHWM");
}

function statusKb(pid: number, field: string): number {
  return kbOf(readFileSync(`/proc/${pid}/status`, "utf8"), field);
}

function kbOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
}

/** True when programs can be kept to one core each. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;
}

/** Keeps a running process, with all its threads, to one core. */
export function pin(pid: number, core: number): void {
  const { status, stderr } = spawnSync("taskset", ["-a", "-p", "-c", String(core), String(pid)]);
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}
