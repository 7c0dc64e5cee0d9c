import { JamesError } from "@jamesd/model";
import { type Output, reportError } from "./report.ts";

/**
 * The process's own standard output and error. What cannot be written ends no program and prints no stack trace: `end`
 * says it in one line. A standard error that cannot be written has nobody left to be told.
 */
export class ProcessOutput implements Output {
  readonly #program: string;
  readonly #onFailure: () => void;
  #failure: NodeJS.ErrnoException | undefined;

  /** `onFailure` is called when standard output cannot be written, such as to stop what would go on for ever. */
  constructor(program: string, onFailure: () => void = () => undefined) {
    this.#program = program;
    this.#onFailure = onFailure;
    // Node throws what nobody listens for.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  }

  readonly out = (text: string): void => {
    process.stdout.write(text, (cause) => this.#fail(cause));
  };

  readonly err = (text: string): void => {
    process.stderr.write(text);
  };

  /** Tells who may be listening; nothing depends on it. */
  readonly announce = (text: string): void => {
    process.stdout.write(text);
  };

  /** True when something could not be written to standard output so far. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Waits until everything is written. @returns the exit code: the given one, or another when output is missing. A
   * reader that has enough, such as `head`, misses none.
   */
  async end(code: number): Promise<number> {
    for (const stream of [process.stdout, process.stderr])
      await new Promise<void>((resolve) => stream.write("", () => resolve()));
    if (!this.#failure || this.#failure.code === "EPIPE") return code;
    const cause = this.#failure;
    const error = new JamesError("OUTPUT_LOST", `cannot write to standard output: ${cause.message}`, {
      hint: "What the command did stands; only what it prints is missing.",
      cause,
    });
    return reportError(this.#program, error, this);
  }

  #fail(cause: Error | null | undefined): void {
    if (!cause || this.#failure) return;
    this.#failure = cause;
    this.#onFailure();
  }
}
