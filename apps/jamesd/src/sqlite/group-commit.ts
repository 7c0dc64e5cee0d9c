import type { StatementSync } from "node:sqlite";
import { JamesError } from "@jamesd/model";

/** A write waits for its transaction at most so long. */
const MOST_PAUSE_MS = 20;
/** Between commits there is so many times what one of them costs: of the time no more than a fifth goes into them. */
const PAUSES_A_COMMIT = 4;
/** A transaction that has worked for so long takes no more in: others want their turn of the event loop. */
const LONGEST_WORK_MS = 20;
/** A server that is told so much faster than it can write is to say so. */
const MOST_WAITING = 20_000;
const COME_AGAIN_MS = 5_000;

/** What the writes go to. */
export interface Target {
  prepare(sql: string): StatementSync;
  /** Runs a function as one transaction, all of it or nothing. */
  transaction(work: () => void): void;
  /** True when what failed is the database itself, and not what one write wanted of it. */
  isBroken(thrown: unknown): boolean;
  /** What went wrong, in our words. */
  failure(thrown: unknown): JamesError;
}

/** A write that waits. */
interface Waiting {
  /** Returns what tells its author how it went; it is told once the transaction is durable. */
  readonly run: () => () => void;
  readonly refuse: (reason: unknown) => void;
}

/**
 * Writes of many at once, gathered into one transaction: a sync costs as much for hundreds of them as for one. One that
 * comes alone does not wait for others. In the order in which they were asked for; what one of them wants and does not
 * get undoes that one only, while a failure of the database undoes and refuses all that share its transaction.
 */
export class GroupCommit {
  readonly #target: Target;
  #waiting: Waiting[] = [];
  #next: NodeJS.Timeout | NodeJS.Immediate | undefined;
  /** Of `performance.now()`: not earlier than then. */
  #notBefore = 0;
  /** In this turn of the event loop somebody was told. */
  #justTold: NodeJS.Immediate | undefined;
  #isHeld = false;
  #savepoint: { readonly [step in "begin" | "keep" | "undo"]: StatementSync } | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** How many writes wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Has a function write within a transaction that it shares. @returns what it returns, once that is durable @throws JamesError SERVER_BUSY when too many wait */
  async write<T>(work: () => T): Promise<T> {
    if (this.#waiting.length >= MOST_WAITING) throw tooMany();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = () => {
      const result = work();
      return () => resolve(result);
    };
    this.#waiting.push({ run, refuse: reject });
    // Who writes one thing after the other would wait for nobody.
    if (this.#justTold) this.#notBefore = 0;
    this.#schedule();
    return promise;
  }

  /** Writes all that wait, and from then on nothing until `release`. */
  hold(): void {
    this.flush();
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** Writes all that wait, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#isHeld || this.#next || this.#waiting.length === 0) return;
    const pause = this.#notBefore - performance.now();
    const commit = () => this.#commit();
    this.#next = pause < 1 ? setImmediate(commit) : setTimeout(commit, pause);
  }

  #commit(): void {
    this.#unschedule();
    const group = this.#waiting;
    this.#waiting = [];
    const begun = performance.now();
    try {
      const { told, workedMs } = this.#together(group);
      this.#waiting = group.slice(told.length);
      const ended = performance.now();
      const pause = Math.min(MOST_PAUSE_MS, PAUSES_A_COMMIT * (ended - begun - workedMs));
      this.#notBefore = this.#waiting.length > 0 ? 0 : ended + pause;
      this.#justTold ??= setImmediate(() => {
        this.#justTold = undefined;
      });
      for (const tell of told) tell();
    } catch (reason) {
      for (const { refuse } of group) refuse(reason);
    }
    this.#schedule();
  }

  /** Runs as many as time allows, the first at least, as one transaction. @returns what tells them how it went */
  #together(group: readonly Waiting[]): {
    readonly told: readonly (() => void)[];
    readonly workedMs: number;
  } {
    const told: (() => void)[] = [];
    let workedMs = 0;
    this.#target.transaction(() => {
      const from = performance.now();
      for (const one of group) {
        told.push(this.#try(one));
        workedMs = performance.now() - from;
        if (workedMs > LONGEST_WORK_MS) break;
      }
    });
    return { told, workedMs };
  }

  /** Runs one so that it can be undone alone. @returns what tells its author how it went */
  #try({ run, refuse }: Waiting): () => void {
    this.#savepoint ??= {
      begin: this.#target.prepare("SAVEPOINT gathered"),
      keep: this.#target.prepare("RELEASE gathered"),
      undo: this.#target.prepare("ROLLBACK TO gathered"),
    };
    const { begin, keep, undo } = this.#savepoint;
    begin.run();
    try {
      const tell = run();
      keep.run();
      return tell;
    } catch (thrown) {
      if (this.#target.isBroken(thrown)) throw thrown;
      undo.run();
      keep.run();
      const reason = this.#target.failure(thrown);
      return () => refuse(reason);
    }
  }

  #unschedule(): void {
    clearImmediate(this.#next as NodeJS.Immediate);
    clearTimeout(this.#next as NodeJS.Timeout);
    this.#next = undefined;
  }
}

function tooMany(): JamesError {
  return new JamesError("SERVER_BUSY", "too many reports wait to be written", {
    hint: "Try again in a few seconds.",
    retryAfterMs: COME_AGAIN_MS,
  });
}
