import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest, ScriptName } from "@jamesd/model";
import { monotonic } from "@jamesd/protocol/device";
import { naming } from "../disk/device-error.ts";
import type { Reach } from "./descendants.ts";
import { endScript } from "./end-script.ts";
import { ScriptOutput } from "./script-output.ts";
import { identify, MARK, markOf, type ScriptProcess } from "./script-process.ts";

/** What a script is told; docs/packets.md documents it for packet authors. */
export interface ScriptContext {
  readonly app: string;
  readonly script: ScriptName;
  readonly packet: Digest;
  readonly file: string;
  /** Where the pipe for its output is made, for as long as that is opened. */
  readonly pipe: string;
  readonly installRoot: string;
  readonly deviceId: string;
  /** Tags of the app and the device. */
  readonly tags: readonly string[];
  /** True when it runs to undo its counterpart. */
  readonly undo: boolean;
  readonly timeoutMs: number;
}

/** How a script ended. `timedOut` when it was killed for taking too long. */
export interface ScriptResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** The end of what it wrote to standard output and error. */
  readonly output: string;
}

/** Whether a script did what it is there for. One that was told to end may end well, and did not. */
export function hasSucceeded({ exitCode, timedOut }: ScriptResult): boolean {
  return exitCode === 0 && !timedOut;
}

const PIPE_GRACE_MS = 100;

// Waits for a word before it becomes the script: the mark of what the script starts. When the agent ends without having
// said it, nothing is run. What shells put into the environment is taken out again. What the script makes can be read by
// all, whatever the agent's umask is. Node raises how many files it may have open to all it could, and services that a
// script starts would have that: some close each of a million files first, and select(2) knows 1024. The soft limit is
// that which init systems give.
const GATE = `read -r ${MARK} && export ${MARK} && unset PWD OLDPWD SHLVL && umask 022 &&
{ ulimit -S -n 1024 2>/dev/null || :; } && exec "$@" </dev/null`;

/**
 * Runs a packet's script with the install root as its working directory, nothing on standard input, and a time limit.
 * @param admit is told of the process before it does anything; what it throws is thrown, and the script is not run
 */
export function runScript(
  context: ScriptContext,
  admit: (script: ScriptProcess) => void,
): Promise<ScriptResult> {
  const started = monotonic();
  return new Promise((resolve, reject) => {
    const output = new ScriptOutput(context.pipe);
    // Its own session: what a person ends at a terminal is the agent, which undoes it (setsid(2)).
    const child = naming(`run the ${context.script} of ${context.app} by`, "/bin/sh", () =>
      output.start((stdio) =>
        spawn("/bin/sh", ["-c", GATE, "sh", ...command(context.file)], {
          cwd: context.installRoot,
          env: environment(context),
          stdio,
          detached: true,
        }),
      ),
    );
    const written = output.follow(child);
    let timedOut = false;
    // What it started may outlive it, and must not work on beside its undo.
    let allEnded = Promise.resolve();
    let script: ScriptProcess | undefined;
    const end = async (reach: Reach): Promise<void> => {
      if (script) await endScript(script, reach).catch((cause: Error) => giveUp(cause, child, output));
    };
    const timer = setTimeout(() => {
      timedOut = true;
      allEnded = end("all");
    }, context.timeoutMs);
    const finish = (exitCode: number | null, signal: string | null): void => {
      const durationMs = Math.round(monotonic() - started);
      void allEnded.then(() => resolve({ exitCode, signal, timedOut, durationMs, output: output.text }));
    };
    // It may be gone before the word reaches it.
    child.stdin?.on("error", () => undefined);
    child.on("error", (error) => {
      clearTimeout(timer);
      output.say(error.message);
      finish(127, null);
    });
    // A daemon that the script left behind may hold the pipe: it is read on, and thrown away, for as long as the agent
    // lives, so that it is not killed by SIGPIPE; but nobody waits for it.
    child.on("exit", (exitCode, signal) => {
      clearTimeout(timer);
      output.letGo(child);
      // It failed, and is undone: its jobs are ended as well. A daemon of its own session lives on, as what it started before.
      if (exitCode !== 0 && !timedOut) allEnded = end("session");
      void Promise.race([written, sleep(PIPE_GRACE_MS)]).then(() => finish(exitCode, signal));
    });
    if (child.pid === undefined) return;
    try {
      script = identify(child.pid);
      admit(script);
      child.stdin?.end(`${markOf(script)}\n`);
    } catch (cause) {
      clearTimeout(timer);
      child.stdin?.destroy();
      reject(cause);
    }
  });
}

function giveUp(cause: Error, child: ChildProcess, output: ScriptOutput): void {
  output.say(cause.message);
  child.kill("SIGKILL");
}

// The interpreter is started by hand so that a state directory mounted `noexec` does not matter; an empty file or one
// without `#!` is for /bin/sh, as POSIX has it for execvp().
function command(file: string): readonly [string, ...string[]] {
  const first = firstLine(file);
  if (!first.startsWith("#!")) return ["/bin/sh", file];
  const [, interpreter = "/bin/sh", argument] = /^#!\s*(\S+)(?:\s+(.*\S))?/.exec(first) ?? [];
  return argument === undefined ? [interpreter, file] : [interpreter, argument, file];
}

function firstLine(file: string): string {
  const fd = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(256);
    const length = readSync(fd, buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, length).split("\n", 1)[0]?.replace(/\r$/, "") ?? "";
  } finally {
    closeSync(fd);
  }
}

function environment(context: ScriptContext): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: process.env.LANG ?? "C.UTF-8",
    HOME: process.env.HOME ?? "/",
    JAMES_APP: context.app,
    JAMES_SCRIPT: context.script,
    JAMES_PACKET: context.packet,
    JAMES_ROOT: context.installRoot,
    JAMES_DEVICE: context.deviceId,
    JAMES_TAGS: [...new Set(context.tags)].join(","),
    ...(context.undo && { JAMES_UNDO: "1" }),
  };
}
