import type { AnswerHead } from "./answer-reader.ts";
import type { Pieces } from "./pieces.ts";

/** What a stream wants of the connection that it comes over. */
export interface AnswerSource {
  /** Whether somebody waits for bytes now. */
  await(isAwaited: boolean): void;
  /** There is room for more. */
  resume(): void;
  /** Nobody reads on. */
  leave(): void;
}

/**
 * An answer whose body is read as it comes, once. While nobody asks for it, no more is read than a little ahead, and the
 * server is not held to its time. Bytes that came before the connection failed are given before that is thrown.
 */
export class AnswerStream implements AsyncIterable<Buffer>, AnswerHead {
  readonly statusCode: number;
  readonly headers: AnswerHead["headers"];
  readonly #pieces: Pieces;
  readonly #source: AnswerSource;
  #end: "whole" | { readonly cause: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor({ statusCode, headers }: AnswerHead, pieces: Pieces, source: AnswerSource) {
    this.statusCode = statusCode;
    this.headers = headers;
    this.#pieces = pieces;
    this.#source = source;
  }

  /** Takes what came. */
  add(bytes: Buffer): void {
    this.#pieces.add(bytes);
    if (this.#pieces.hasPiece) this.#wake?.();
  }

  /** There is no more. */
  finish(): void {
    this.#end ??= "whole";
    this.#wake?.();
  }

  /** There will be no more. */
  fail(cause: unknown): void {
    this.#end ??= { cause };
    this.#wake?.();
  }

  /** Where the next bytes are best read to. */
  get room(): Buffer | undefined {
    return this.#pieces.room;
  }

  /** True when no more should be read for now. */
  get isFull(): boolean {
    return this.#pieces.isFull;
  }

  /** Ends the connection, unless all has come; what has is forgotten. */
  destroy(cause: unknown = new Error("nobody reads the answer any more")): void {
    this.#pieces.drop();
    if (this.#end) return;
    this.fail(cause);
    this.#source.leave();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, undefined> {
    try {
      for (let piece = await this.#next(); piece; piece = await this.#next()) yield piece;
      return;
    } finally {
      this.destroy();
    }
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      const wasFull = this.#pieces.isFull;
      const piece = this.#pieces.take(this.#end !== undefined);
      if (wasFull && !this.#pieces.isFull) this.#source.resume();
      if (piece || this.#end === "whole") return piece;
      if (this.#end) throw this.#end.cause;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    this.#source.await(true);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    this.#source.await(false);
  }
}
