const HEAD_END = Buffer.from("\r\n\r\n");
/** No head of a server of ours is longer. */
const MAX_HEAD_BYTES = 16 * 1024;

/** An answer of a server, whole. */
export interface Answer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

interface Head extends Omit<Answer, "body"> {
  /** Undefined: in pieces, each with its length before it. */
  readonly length: number | undefined;
}

/**
 * Reads the answers of one connection, one at a time (RFC 9112), of which nobody but our own server is the author: an HTTP
 * client holds 10 KB and more for each connection that waits.
 */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | undefined;

  /** Takes in what came. @returns the answer once it is whole @throws Error when it is none */
  take(chunk: Buffer): Answer | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#head ??= this.#readHead();
    if (!this.#head) return undefined;
    const { length } = this.#head;
    const read = length === undefined ? readPieces(this.#bytes) : readBody(this.#bytes, length);
    if (!read) return undefined;
    const { status, headers } = this.#head;
    this.#head = undefined;
    this.#bytes = Buffer.alloc(0);
    return { status, headers, body: read };
  }

  #readHead(): Head | undefined {
    const end = this.#bytes.indexOf(HEAD_END);
    if (end < 0 && this.#bytes.length > MAX_HEAD_BYTES) throw new Error("the head of an answer has no end");
    if (end < 0) return undefined;
    const [first = "", ...lines] = this.#bytes.toString("latin1", 0, end).split("\r\n");
    this.#bytes = this.#bytes.subarray(end + HEAD_END.length);
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(first) ?? [];
    if (status === undefined) throw new Error(`not an answer: ${first}`);
    const headers = new Map(lines.map(fieldOf));
    return { status: Number(status), headers, length: lengthOf(Number(status), headers) };
  }
}

function fieldOf(line: string): readonly [string, string] {
  const at = line.indexOf(":");
  return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
}

function lengthOf(status: number, headers: ReadonlyMap<string, string>): number | undefined {
  if (status === 204 || status === 304) return 0;
  if (headers.get("transfer-encoding") === "chunked") return undefined;
  return Number(headers.get("content-length") ?? 0);
}

function readBody(bytes: Buffer, length: number): Buffer | undefined {
  return bytes.length >= length ? bytes.subarray(0, length) : undefined;
}

function readPieces(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const length = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (Number.isNaN(length)) throw new Error("a piece of an answer has no length");
    const from = end + 2;
    if (bytes.length < from + length + 2) return undefined;
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(from, from + length));
    at = from + length + 2;
  }
}
