import type { Numbered, Role } from "@jamesd/model";
import type { z } from "zod";

/** One operation of the protocol: server, client and OpenAPI document all come from this. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for parameters. */
  readonly path: string;
  /** Who may call. */
  readonly roles: readonly Role[];
  readonly summary: string;
  /**
   * An operator of a part of the fleet may call it: what carries it out judges by the scope what it touches. A route that
   * changes something and does not say so is for operators of the whole fleet.
   */
  readonly scoped?: true;
  /** Names of the query parameters; all are optional texts. */
  readonly query?: readonly string[];
  /** Undefined: no body. "bytes": a stream. */
  readonly body?: z.ZodType | "bytes";
  /** Undefined: no content (204). "bytes": a stream. */
  readonly reply?: z.ZodType | "bytes";
  /** What the answer is, when that has a format: of a later one the client says so, whatever else is in it. */
  readonly format?: Numbered;
  /** The answer may be 204 without a body. */
  readonly mayBeEmpty?: boolean;
  /**
   * Bytes that a JSON answer may have; the client reads none that is longer. Of what devices ask for it is told, for a
   * hostile server must not fill their memory; else as much as an operator's machine bears (`MAX_REPLY_BYTES`).
   */
  readonly maxReply?: number;
}
