import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { lockFileOf } from "../config.ts";
import { UpdateLock } from "../update-lock.ts";

/** Signals that are for the command, not for who waits for it. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** Runs a command, and as long as it runs no update begins. */
export const lock = defineCommand({
  name: "lock",
  options: {},
  rest: "COMMAND",
  async handler(_flags, { values, rest }) {
    const [program, ...args] = rest;
    if (program === undefined)
      throw new JamesError("USAGE", "lock needs a command", {
        hint: "Write it behind --, as in: jamesc lock -- backup.sh.",
      });
    return { exitCode: await runLocked(new UpdateLock(lockFileOf(values)), program, args) };
  },
});

async function runLocked(lock: UpdateLock, program: string, args: readonly string[]): Promise<number> {
  // This process until the command runs; then the command, which whoever waits for it knows, and which goes on when this
  // process is killed.
  const own = lock.hold(process.pid);
  try {
    const child = spawn(program, args, { stdio: "inherit" });
    const ended = once(child, "exit");
    const held = child.pid === undefined ? undefined : lock.hold(child.pid);
    if (held) own.release();
    const pass = passSignals(child);
    try {
      const [code, signal] = await ended;
      return signal ? 128 + constants.signals[signal as NodeJS.Signals] : code;
    } catch (cause) {
      throw new JamesError("FILE_UNREADABLE", `cannot run ${program}: ${(cause as Error).message}`, {
        hint: "Check its name and path, and that this user may run it.",
        cause,
      });
    } finally {
      pass.stop();
      held?.release();
    }
  } finally {
    own.release();
  }
}

function passSignals(child: ChildProcess): { stop(): void } {
  const handlers = PASSED_ON.map((signal) => [signal, () => void child.kill(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return {
    stop() {
      for (const [signal, handler] of handlers) process.removeListener(signal, handler);
    },
  };
}
