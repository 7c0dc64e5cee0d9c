import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { naming } from "../disk/device-error.ts";
import {
  isRunning,
  isScarcity,
  MARK,
  markOf,
  nameOf,
  type ProcessStat,
  type ScriptProcess,
  statOf,
} from "./script-process.ts";

const PIECE_BYTES = 64 * 1024;
/** What Linux lets arguments and environment of a process have at most. execve(2) */
const MOST_BYTES = 8 * 1024 * 1024;

/** A process that comes of a script. */
export interface Descendant {
  readonly pid: number;
  readonly started: string;
  /** When all of its group come of the script as well. */
  readonly group: number | undefined;
}

/**
 * How much of it is meant: all, or only what stayed in the session of the script, as its jobs in the background do. What is
 * to live on, as a daemon, makes itself a session of its own.
 */
export type Reach = "all" | "session";

type Processes = ReadonlyMap<number, ProcessStat>;

/**
 * A script's process and all that comes of it, as /proc lists them: what is in its session, what has its mark in the
 * environment, and the children of these. Neither the agent nor what it was started by, nor what is older than the script.
 */
export class Descendants {
  readonly #script: ScriptProcess;
  readonly #mark: Buffer;
  /** Whether the number of the session is still that of the script's. */
  readonly #hasSession: boolean;
  readonly #reach: Reach;
  /** Which are known, by their number and start: what was one of them may not look like it once its parent has ended. */
  #known: ReadonlySet<string> = new Set();

  constructor(script: ScriptProcess, reach: Reach = "all") {
    this.#script = script;
    this.#reach = reach;
    this.#mark = Buffer.from(`\0${MARK}=${markOf(script)}\0`);
    // A session without its leader may be another one by now.
    this.#hasSession = isRunning(script);
  }

  /** Those that run now. @throws JamesError DEVICE_IO when the list of processes cannot be read */
  look(): readonly Descendant[] {
    const processes = younger(this.#script);
    const ours = new Set<number>();
    for (const [pid, stat] of processes) if (this.#isOurs(pid, stat)) ours.add(pid);
    addChildren(ours, processes);
    const found = [...ours].flatMap((pid) => this.#describe(pid, processes.get(pid)));
    this.#known = new Set(found.map(nameOf));
    return found;
  }

  #isOurs(pid: number, stat: ProcessStat): boolean {
    return (
      this.#isInSession(stat) ||
      this.#known.has(nameOf({ pid, started: stat.started })) ||
      hasMark(pid, this.#mark)
    );
  }

  #isInSession({ session }: ProcessStat): boolean {
    return this.#hasSession && session === this.#script.pid;
  }

  // A shell with job control gives each of its jobs a group of its own in the session.
  #describe(pid: number, stat: ProcessStat | undefined): readonly Descendant[] {
    if (!stat || (this.#reach === "session" && stat.session !== this.#script.pid)) return [];
    return [{ pid, started: stat.started, group: this.#isInSession(stat) ? stat.group : undefined }];
  }
}

/** Every process that runs and is no older than the script, but for the agent and what it was started by. */
function younger({ started }: ScriptProcess): Processes {
  const found = new Map<number, ProcessStat>();
  const names = naming("read", "/proc", () => readdirSync("/proc"));
  for (const pid of names.map(Number).filter(Number.isInteger)) {
    const stat = statOf(pid);
    if (stat?.isAlive && Number(stat.started) >= Number(started)) found.set(pid, stat);
  }
  for (const pid of agentAndAbove()) found.delete(pid);
  return found;
}

function agentAndAbove(): ReadonlySet<number> {
  const above = new Set<number>();
  for (let pid = process.pid; pid > 0 && !above.has(pid); pid = statOf(pid)?.parent ?? 0) above.add(pid);
  return above;
}

function addChildren(ours: Set<number>, processes: Processes): void {
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of processes) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  // What is added to a set is gone through as well.
  for (const pid of ours) for (const child of children.get(pid) ?? []) ours.add(child);
}

/** Whether it was started with this in its environment. */
function hasMark(pid: number, mark: Buffer): boolean {
  return naming("read", `/proc/${pid}/environ`, () => {
    try {
      return contains(`/proc/${pid}/environ`, mark);
    } catch (cause) {
      if (isScarcity(cause)) throw cause;
      return false;
    }
  });
}

// Piece by piece: whoever has processes chooses how much there is to read.
function contains(path: string, wanted: Buffer): boolean {
  const fd = openSync(path, "r");
  try {
    const piece = Buffer.alloc(wanted.length + PIECE_BYTES);
    // The first variable has none before it.
    let kept = 1;
    for (let read = 0; read < MOST_BYTES; ) {
      const length = readSync(fd, piece, kept, PIECE_BYTES, null);
      if (piece.subarray(0, kept + length).includes(wanted)) return true;
      if (length === 0) return false;
      read += length;
      const rest = Math.min(wanted.length - 1, kept + length);
      piece.copyWithin(0, kept + length - rest, kept + length);
      kept = rest;
    }
    return false;
  } finally {
    closeSync(fd);
  }
}
