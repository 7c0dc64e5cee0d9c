import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** USER_HZ, which Linux has fixed at 100 for all that it tells programs (proc(5)). */
const TICK_MS = 10;

/** Milliseconds of processor time, user and system, that a running process has used (proc(5), fields 14 and 15). */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
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
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
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
