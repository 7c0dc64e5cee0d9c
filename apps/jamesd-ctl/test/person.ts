import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { Sandbox } from "@jamesd/testkit";
import { run } from "../src/run.ts";

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  /** On standard output and error, as it came. */
  readonly said: string;
  /** On standard output alone. */
  readonly out: string;
}

/** An operator of a sandbox's server, who runs jamesd-ctl in this process; files are those of the sandbox. */
export class Person {
  readonly #sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** Runs a command; with an `answer` on a terminal, where that is typed, or what comes of it once something was said. */
  async ctl(words: readonly string[], answer?: string | (() => Promise<string>)): Promise<Said> {
    const said: string[] = [];
    const printed: string[] = [];
    const out = (text: string): void => {
      said.push(text);
      printed.push(text);
    };
    let isAnswered = typeof answer !== "function";
    const err = (text: string): void => {
      said.push(text);
      if (isAnswered || typeof answer !== "function") return;
      isAnswered = true;
      answer().then(
        (typed) => stdin.end(typed),
        (thrown: Error) => stdin.destroy(thrown),
      );
    };
    const isTerminal = answer !== undefined;
    const stdin = Object.assign(new PassThrough(), { isTTY: isTerminal });
    if (typeof answer !== "function") stdin.end(answer);
    const code = await run(
      words.map((word) => this.#word(word)),
      {
        env: this.#sandbox.ctlEnv("admin"),
        output: { out, err },
        isTerminal,
        stdin,
        signal: new AbortController().signal,
      },
    );
    return { code, said: said.join(""), out: printed.join("") };
  }

  /** A command that must succeed. @returns what it printed */
  async ok(...words: readonly string[]): Promise<string> {
    const { code, said, out } = await this.ctl(words);
    assert.equal(code, 0, `${words.join(" ")}: ${said}`);
    return out;
  }

  /** What a command that must succeed gives as JSON. */
  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.ok(...words, "--output", "json")) as T;
  }

  #word(word: string): string {
    return /\.(yaml|tar|export)$/.test(word) ? this.#sandbox.path(word) : word;
  }
}
