import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { fileURLToPath } from "node:url";
import { typed, wrote } from "./say.ts";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));

/** The daemons of the demo, and the commands that are typed at them. */
export class Programs {
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #daemons = new Map<string, ChildProcess>();
  readonly #onDeath: (reason: Error) => void;

  /** `onDeath` is told when a daemon ends that nobody stopped. */
  constructor(cwd: string, env: NodeJS.ProcessEnv, onDeath: (reason: Error) => void) {
    this.#cwd = cwd;
    this.#env = { ...process.env, ...env };
    this.#onDeath = onDeath;
  }

  /** Starts a daemon; what it writes goes to `LOG.log`. Resolves when it has said `ready`, at once without that. */
  daemon(log: string, line: string, ready?: string): Promise<void> {
    const [name = "", ...args] = words(line);
    const child = spawn(`${BIN}/${name}`, args, {
      cwd: this.#cwd,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#daemons.set(log, child);
    const file = createWriteStream(`${this.#cwd}/${log}.log`);
    return new Promise((resolve, reject) => {
      let text = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          file.write(chunk);
          if (ready === undefined) return;
          text += chunk.toString();
          if (text.includes(ready)) resolve();
        });
      child.on("exit", (code, signal) => {
        if (!this.#daemons.delete(log)) return;
        const death = new Error(
          `${log} ended by itself (${signal ?? `exit code ${code}`}); it wrote: ${text}`,
        );
        reject(death);
        this.#onDeath(death);
      });
      if (ready === undefined) resolve();
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
    const [name = "", ...args] = words(line);
    const file = name.includes("/") ? name : `${BIN}/${name}`;
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, { cwd: this.#cwd, env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
      let out = "";
      let err = "";
      child.stdout.on("data", (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => {
        err += chunk.toString();
      });
      child.on("error", reject);
      child.on("close", (code) =>
        code === 0 ? resolve(out) : reject(new Error(`${line}\nended with ${code}: ${err}`)),
      );
    });
  }

  /** Stops every daemon, devices before the server, and waits for them. */
  async stop(): Promise<void> {
    const running = [...this.#daemons.values()].toReversed();
    this.#daemons.clear();
    for (const child of running) {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await ended;
    }
  }
}

// The demo's own lines have no word with a space in it.
function words(line: string): readonly string[] {
  return line.trim().split(/\s+/);
}
