import type { TLSSocket } from "node:tls";
import { type AnswerHead, AnswerReader } from "./answer-reader.ts";
import { AnswerStream } from "./answer-stream.ts";
import { NoAnswer } from "./connection-error.ts";
import { Pace, SlowAnswer } from "./pace.ts";
import type { Pieces } from "./pieces.ts";
import { type Content, sendContent } from "./send-content.ts";

/** A request over a connection, and how its answer is read. */
export interface Question {
  /** Its head, and its body when that is not a stream. */
  readonly bytes: Buffer;
  /** What is sent behind that. */
  readonly content?: Content | undefined;
  /** Bytes that the body of an answer with a status may have. */
  readonly bound: (statusCode: number) => number;
  /** What the body is read by. */
  readonly pieces: () => Pieces;
  /** Milliseconds without a byte that is waited for after which it fails. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** The answer comes as something happens: it may be slow, and in small pieces. */
  readonly isLive?: boolean;
  /** Called when the other side has proved to be the server. */
  readonly reached: () => void;
}

/** What follows an answer: its head when another question may be asked over the same connection. */
export type Over = (kept: AnswerHead | undefined) => void;

/** One question and its answer, on a connection that has nothing else to do meanwhile. */
export class Exchange {
  readonly #socket: TLSSocket;
  readonly #question: Question;
  readonly #over: Over;
  readonly #reader: AnswerReader;
  readonly #pace = new Pace();
  #stream: AnswerStream | undefined;
  #isSent = false;
  #isOver = false;
  #resolve: (answer: AnswerStream) => void = () => undefined;
  #reject: (cause: unknown) => void = () => undefined;
  /** What is answered, from its head on. @throws what the connection fails with, BadAnswer, JamesError REPLY_TOO_LARGE; the signal's reason. As does reading it */
  readonly answer: Promise<AnswerStream>;

  constructor(socket: TLSSocket, question: Question, over: Over) {
    this.#socket = socket;
    this.#question = question;
    this.#over = over;
    const sink = {
      head: (head: AnswerHead) => this.#begin(head),
      body: (bytes: Buffer) => this.#stream?.add(bytes),
    };
    this.#reader = new AnswerReader(sink, question.isLive);
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    socket.setTimeout(question.timeoutMs);
    question.signal?.addEventListener("abort", this.#abort);
    if (question.signal?.aborted) this.#abort();
  }

  /** Sends the question. */
  send(): void {
    if (this.#isOver) return;
    const { bytes, content, reached } = this.#question;
    reached();
    this.#socket.write(bytes);
    if (content) this.#send(content).catch((cause: unknown) => this.fail(cause));
    else this.#isSent = true;
  }

  /** Where the next bytes are best read to; undefined: anywhere. */
  get room(): Buffer | undefined {
    return this.#isOver ? undefined : this.#stream?.room;
  }

  /** Takes what came; the bytes may be others afterwards. @returns whether more is to be read now */
  take(bytes: Buffer): boolean {
    // Before it began there was nothing to be slow with.
    if (this.#reader.usefulBytes === 0) this.#pace.await(true);
    try {
      if (this.#reader.push(bytes)) this.#finish();
      else if (!this.#question.isLive && this.#pace.isTooSlow(this.#reader.usefulBytes))
        throw new SlowAnswer();
    } catch (thrown) {
      this.fail(thrown);
    }
    return this.#isOver || !this.#stream?.isFull;
  }

  /** The other side says no more. */
  end(): void {
    if (this.#reader.end()) this.#finish();
  }

  /** Nothing has come for too long. */
  timeOut(): void {
    this.fail(new NoAnswer(this.#question.timeoutMs));
  }

  /** There is no answer, or no more of it. */
  fail(cause: unknown): void {
    if (!this.#close(undefined)) return;
    this.#stream?.fail(cause);
    this.#reject(cause);
  }

  #begin(head: AnswerHead): number {
    this.#await(false);
    this.#stream = new AnswerStream(head, this.#question.pieces(), {
      await: (isAwaited) => this.#await(isAwaited),
      resume: () => this.#isOver || this.#socket.resume(),
      leave: () => this.#close(undefined),
    });
    this.#resolve(this.#stream);
    return this.#question.bound(head.statusCode);
  }

  #await(isAwaited: boolean): void {
    if (this.#isOver) return;
    this.#pace.await(isAwaited);
    this.#socket.setTimeout(isAwaited ? this.#question.timeoutMs : 0);
  }

  // The connection is free before anybody hears of the end: the next question goes over it.
  #finish(): void {
    const stream = this.#stream;
    // What is refused need not be sent to its end.
    const isKept = this.#reader.isKept && this.#isSent && this.#socket.writableLength === 0;
    this.#close(isKept ? stream : undefined);
    stream?.finish();
  }

  readonly #abort = (): void => {
    const reason: unknown = this.#question.signal?.reason;
    this.#stream?.destroy(reason);
    this.fail(reason);
  };

  #close(kept: AnswerHead | undefined): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#socket.setTimeout(0);
    this.#question.signal?.removeEventListener("abort", this.#abort);
    this.#over(kept);
    return true;
  }

  async #send(content: Content): Promise<void> {
    await sendContent(content, this.#socket, () => this.#isOver);
    this.#isSent = true;
  }
}
