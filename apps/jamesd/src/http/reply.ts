import type { Readable } from "node:stream";

/** What an answer says: bytes, or a short text, that are there, or what opens them when they are to be sent. */
export type ReplyContent = Uint8Array | string | (() => Promise<Readable | Uint8Array>);

/** An answer with its own status and headers. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: ReplyContent | undefined;
  /** Called once when the answer has gone out, or nobody is there for it. */
  readonly release: (() => void) | undefined;

  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    content?: ReplyContent,
    release?: () => void,
  ) {
    this.status = status;
    this.headers = headers;
    this.content = content;
    this.release = release;
  }
}

/** For what is named by its digest: it can be kept for ever (RFC 9111, RFC 8246). */
export const IMMUTABLE = { "cache-control": "public, max-age=31536000, immutable" } as const;

/** For everything else: what is true now may not be so a moment later, and is not for everyone. */
export const UNCACHED = { "cache-control": "no-store" } as const;

export const JSON_TYPE = { "content-type": "application/json; charset=utf-8" } as const;
