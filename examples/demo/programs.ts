import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { typed, wrote } from "./say.ts";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));
/** How long a program may take to end when it is told to. */
const PATIENCE_MS = 10_000;
/** How much of what a daemon wrote is kept, and how many lines of it say why it ended. */
const KEPT = 4000;
const LINES = 3;

/** The daemons of the demo, and the commands that are typed at them. */
export class Programs {
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #daemons = new Map<string, ChildProcess>();
  readonly #commands = new Set<ChildProcess>();
  /** What each daemon writes, by its log. */
  readonly #said = new EventEmitter();
  #isStopped = false;
  readonly #onDeath: (reason: Error) => void;

  /** `onDeath` is told when a daemon ends that nobody stopped. */
  constructor(cwd: string, env: NodeJS.ProcessEnv, onDeath: (reason: Error) => void) {
    this.#cwd = cwd;
    this.#env = { ...process.env, PATH: `${BIN}:${process.env.PATH}`, ...env };
    this.#onDeath = onDeath;
  }

  /** Starts a daemon; what it writes goes to `LOG.log`. Resolves when it has said `ready`. */
  daemon(log: string, line: string, ready: string): Promise<void> {
    const child = this.#spawn(line);
    this.#daemons.set(log, child);
    const file = createWriteStream(`${this.#cwd}/${log}.log`);
    return new Promise((resolve, reject) => {
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          file.write(chunk);
          text = (text + chunk.toString()).slice(-KEPT);
          if (text.includes(ready)) resolve();
          this.#said.emit(log, chunk.toString());
        });
      const die = (how: string): void => {
        const lines = text.trimEnd().split("\n").slice(-LINES).join("\n");
        const death = new Error(`${log} ended by itself (${how}); the end of ${log}.log:\n${lines}`);
        reject(death);
        if (this.#daemons.delete(log)) this.#onDeath(death);
      };
      child.on("error", ({ message }) => die(message));
      child.on("exit", (code, signal) => die(signal ?? `exit code ${code}`));
    });
  }

  /** Waits until a daemon writes a line with this word, from now on. @returns the line */
  says(log: string, word: string): Promise<string> {
    return new Promise((resolve) => {
      let text = "";
      const hear = (chunk: string): void => {
        text += chunk;
        const line = text.split("\n").find((one) => one.includes(word));
        if (line === undefined) return;
        this.#said.off(log, hear);
        resolve(line);
      };
      this.#said.on(log, hear);
    });
  }

  /** Shows a command, runs it, shows what it wrote. @throws when it fails */
  async type(line: string, show = true): Promise<string> {
    typed(line);
    const output = await this.run(line);
    if (show) wrote(output);
    return output;
  }

  /** Runs a command quietly and gives its standard output. */
  run(line: string): Promise<string> {
    const child = this.#spawn(line);
    this.#commands.add(child);
    return new Promise((resolve, reject) => {
      let out = "";
      let err = "";
      child.stdout.on("data", (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => {
        err += chunk.toString();
      });
      child.on("error", reject);
      child.on("close", (code) => {
        this.#commands.delete(child);
        if (code === 0) resolve(out);
        else reject(new Error(`${line}\nended with ${code}: ${err}`));
      });
    });
  }

  /** Stops what runs, devices before the server, and waits for it; nothing can be started after that. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#commands, ...[...this.#daemons.values()].toReversed()];
    this.#daemons.clear();
    for (const child of running) await end(child);
  }

  #spawn(line: string) {
    if (this.#isStopped) throw new Error("the demo was stopped");
    const [name = "", ...args] = words(line);
    // A process group of its own: Ctrl-C on the terminal is for the demo, which ends the others in their order.
    return spawn(name, args, {
      cwd: this.#cwd,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGTERM");
  const lastResort = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await ended;
  clearTimeout(lastResort);
}

// The demo's own lines have no word with a space in it.
function words(line: string): readonly string[] {
  return line.trim().split(/\s+/);
}
