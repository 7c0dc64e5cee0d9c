import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { waitFor } from "./wait.ts";

/** How a program ended, and all that it wrote. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Standard input stays open, for `types`. */
  readonly isTyped?: boolean;
}

const COMPILE_CACHE = fileURLToPath(new URL("../../../node_modules/.cache/jamesd", import.meta.url));

// Bundles of one run lie in a folder of their own, and what was compiled of them is of no use to another: it goes with them.
function compileCache(): string {
  const bundles = process.env.JAMESD_BUNDLES;
  return bundles ? `${bundles}/compiled` : COMPILE_CACHE;
}

/** A real program, started as a child process. */
export class Program {
  readonly #child: ChildProcess;
  readonly #ended: Promise<ProgramResult>;
  #stdout = "";
  #stderr = "";

  constructor(command: readonly string[], options: ProgramOptions = {}) {
    const [file = "", ...args] = command;
    this.#child = spawn(file, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, HOME: options.cwd, NODE_COMPILE_CACHE: compileCache(), ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdin?.on("error", () => undefined);
    if (!options.isTyped) this.#child.stdin?.end(options.input ?? "");
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    this.#ended = once(this.#child, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the program has ended. */
  get ended(): Promise<ProgramResult> {
    return this.#ended;
  }

  /** Waits for a text on standard output or error. @param limitMs after which it has hung */
  async says(text: string, limitMs?: number): Promise<void> {
    await waitFor(
      `${JSON.stringify(text)} from ${this.#child.spawnargs.join(" ")}; it wrote ${this.#stdout}${this.#stderr}`,
      () => {
        if ((this.#stdout + this.#stderr).includes(text)) return true;
        if (!this.isRunning)
          throw new Error(`${this.#child.spawnargs.join(" ")} ended: ${this.#stdout}${this.#stderr}`);
        return undefined;
      },
      limitMs,
    );
  }

  /** Writes to its standard input, which was left open for it. */
  types(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ProgramResult> {
    if (this.isRunning) this.#child.kill(signal);
    return this.#ended;
  }
}

/** Runs a program to its end. */
export function runProgram(command: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return new Program(command, options).ended;
}
