import { replyTooLarge } from "./reply-too-large.ts";

/** How a server's answer begins. */
export interface AnswerHead {
  readonly statusCode: number;
  /** By their names in lower case; of a list that is there twice both, with a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes an answer as it is read. */
export interface AnswerSink {
  /** What it begins with. @returns bytes that its body may have */
  head(head: AnswerHead): number;
  /** Some bytes of its body. They hold until this returns. */
  body(bytes: Buffer): void;
}

/** What came is no answer of HTTP/1.1, or one that can be read in two ways. */
export class BadAnswer extends Error {
  constructor(what: string) {
    super(`what came is no answer of HTTP/1.1: ${what}`);
  }
}

/** Of heads, informational ones included, and of what follows a body in pieces. */
const MOST_HEAD_BYTES = 64 * 1024;
/** Of what a piece of a body begins with. */
const MOST_PIECE_LINE_BYTES = 1024;
/** Of what the pieces of a body begin and end with, besides a part of the body. */
const MOST_FRAMING_BYTES = 64 * 1024;
const MOST_FRAMING_PART = 1 / 4;
const CRLF = "\r\n";
const STATUS = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: .*)?$/;
const FIELD_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const PIECE = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;
const LENGTH = /^\d{1,15}$/;
/** Fields that are no lists: as of `node:http`, the first one counts. */
const FIRST_COUNTS = new Set(["retry-after"]);
const NOT_IN_A_LINE = /[\r\n\0]/;

/** What is read next. */
type Next =
  | "status"
  | "field"
  | "bytes"
  | "piece"
  | "end of piece"
  | "trailer"
  | "all that comes"
  | "nothing";

/**
 * Reads one answer (RFC 9112) as its bytes come. They are believed to be hostile: each part is bounded, and what could be
 * taken for the end of one answer and the beginning of another is refused.
 */
export class AnswerReader {
  readonly #sink: AnswerSink;
  readonly #isLive: boolean;
  #next: Next = "status";
  /** What has come and is not read yet. */
  #rest: Buffer = Buffer.alloc(0);
  #headBytes = 0;
  #statusCode = 0;
  #minor = "1";
  readonly #headers = new Map<string, string>();
  /** Bytes of what pieces begin and end with. */
  #framingBytes = 0;
  /** Bytes of the body so far, and how many it may have. */
  #bodyBytes = 0;
  #most = 0;
  /** Bytes of the body, or of its piece, that are still to come. */
  #left = 0;

  /** @param isLive it comes as something happens, in pieces as small as that is */
  constructor(sink: AnswerSink, isLive = false) {
    this.#sink = sink;
    this.#isLive = isLive;
  }

  /** Takes what came; the bytes may be others afterwards. @returns whether the answer is whole @throws BadAnswer, JamesError REPLY_TOO_LARGE */
  push(bytes: Buffer): boolean {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step());
    const isWhole = this.#next === "nothing";
    // The beginning of a line.
    if (!isWhole && this.#rest.length > 0 && this.#rest.buffer === bytes.buffer)
      this.#rest = Buffer.from(this.#rest);
    return isWhole;
  }

  /** The connection has ended. @returns whether that was what ends the answer */
  end(): boolean {
    return this.#next === "all that comes";
  }

  /** Bytes so far that say something. */
  get usefulBytes(): number {
    return this.#headBytes + this.#bodyBytes;
  }

  /** Of a whole answer: true when another request may be sent over the same connection. */
  get isKept(): boolean {
    return this.#next === "nothing" && this.#isReusable();
  }

  /** Reads one part; false when that needs more bytes, or there is nothing more to read. */
  #step(): boolean {
    if (this.#next === "nothing") return false;
    if (this.#next === "bytes" || this.#next === "all that comes") return this.#takeBytes();
    const line = this.#takeLine();
    if (line === undefined) return false;
    this.#next = this.#afterLine(this.#next, line);
    return true;
  }

  #afterLine(kind: Exclude<Next, "bytes" | "all that comes" | "nothing">, line: string): Next {
    switch (kind) {
      case "status":
        return this.#readStatus(line);
      case "field":
        return line === "" ? this.#afterHead() : this.#readField(line);
      case "piece":
        return this.#readPiece(line);
      case "end of piece":
        if (line !== "") throw new BadAnswer("a piece of its body is longer than it says");
        return "piece";
      case "trailer":
        return line === "" ? "nothing" : "trailer";
    }
  }

  #takeLine(): string | undefined {
    const isOfHead = this.#next === "status" || this.#next === "field" || this.#next === "trailer";
    const most = isOfHead ? MOST_HEAD_BYTES - this.#headBytes : MOST_PIECE_LINE_BYTES;
    const end = this.#rest.indexOf(CRLF);
    if ((end < 0 ? this.#rest.length : end) > most) throw new BadAnswer("its head is too long");
    if (end < 0) return undefined;
    if (isOfHead) this.#headBytes += end + CRLF.length;
    else this.#countFraming(end + CRLF.length);
    const line = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + CRLF.length);
    if (NOT_IN_A_LINE.test(line)) throw new BadAnswer("a line of its head is broken");
    return line;
  }

  // Of pieces of a byte each is five times what the body is, and each takes as long as a large one.
  #countFraming(bytes: number): void {
    this.#framingBytes += bytes;
    if (this.#isLive || this.#framingBytes <= MOST_FRAMING_BYTES + this.#bodyBytes * MOST_FRAMING_PART)
      return;
    throw new BadAnswer("its body comes in pieces that are too small");
  }

  #readStatus(line: string): Next {
    const [, minor = "", status] = STATUS.exec(line) ?? [];
    if (status === undefined) throw new BadAnswer("it does not begin with a status");
    this.#minor = minor;
    this.#statusCode = Number(status);
    if (this.#statusCode === 101) throw new BadAnswer("it changes to another protocol");
    return "field";
  }

  #readField(line: string): Next {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = trimmed(line.slice(colon + 1));
    if (colon < 0 || !FIELD_NAME.test(name)) throw new BadAnswer("a field of its head is broken");
    const key = name.toLowerCase();
    const before = this.#headers.get(key);
    if (before === undefined) this.#headers.set(key, value);
    else if (!FIRST_COUNTS.has(key)) this.#headers.set(key, `${before}, ${value}`);
    return "field";
  }

  #afterHead(): Next {
    if (this.#statusCode < 200) {
      this.#headers.clear();
      return "status";
    }
    const coding = this.#headers.get("transfer-encoding");
    const length = this.#headers.get("content-length");
    const isInPieces = coding?.toLowerCase() === "chunked" && length === undefined && this.#minor === "1";
    if (coding !== undefined && !isInPieces) throw new BadAnswer("how long it is can be read in two ways");
    // Also of two that are the same.
    if (length !== undefined && !LENGTH.test(length)) throw new BadAnswer("its length is none");
    this.#most = this.#sink.head({
      statusCode: this.#statusCode,
      headers: Object.fromEntries(this.#headers),
    });
    if (this.#statusCode === 204 || this.#statusCode === 304) return "nothing";
    if (isInPieces) return "piece";
    return length === undefined ? "all that comes" : this.#expect(Number(length), "nothing");
  }

  #readPiece(line: string): Next {
    const [, size] = PIECE.exec(line) ?? [];
    if (size === undefined) throw new BadAnswer("a piece of its body does not say how long it is");
    return this.#expect(Number.parseInt(size, 16), "trailer");
  }

  /** @param empty what comes when that is nothing */
  #expect(bytes: number, empty: Next): Next {
    if (bytes === 0) return empty;
    this.#left = bytes;
    this.#checkSize(this.#bodyBytes + bytes);
    return "bytes";
  }

  #takeBytes(): boolean {
    if (this.#rest.length === 0) return false;
    const isCounted = this.#next === "bytes";
    const taken = isCounted ? this.#rest.subarray(0, this.#left) : this.#rest;
    this.#rest = this.#rest.subarray(taken.length);
    this.#bodyBytes += taken.length;
    this.#checkSize(this.#bodyBytes);
    this.#sink.body(taken);
    if (!isCounted) return false;
    this.#left -= taken.length;
    if (this.#left === 0) this.#next = this.#headers.has("transfer-encoding") ? "end of piece" : "nothing";
    return true;
  }

  #checkSize(bytes: number): void {
    if (bytes > this.#most) throw replyTooLarge(this.#most);
  }

  #isReusable(): boolean {
    const options = (this.#headers.get("connection") ?? "").toLowerCase().split(",").map(trimmed);
    const isKept = this.#minor === "1" ? !options.includes("close") : options.includes("keep-alive");
    // What comes behind an answer that was not asked for belongs to nothing.
    return isKept && this.#rest.length === 0;
  }
}

/** Without the blanks around it. An expression that ends with `[ \t]*$` looks for the end from each of many blanks anew. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && isBlank(text[from])) from += 1;
  while (from < to && isBlank(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
