import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Beside its connections a process has so many files open: `jamesd` keeps 1,024 for that, and an operator's connections are none of these. */
const OTHERS = 1100;

/** Lets this process, and what it starts from now on, have so many connections, if it may. @returns how many that are then */
export function allowConnections(count: number): number {
  const wanted = String(count + OTHERS);
  if (openFiles() < Number(wanted))
    spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${wanted}:${wanted}`]);
  return openFiles() - OTHERS;
}

function openFiles(): number {
  return Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
}
