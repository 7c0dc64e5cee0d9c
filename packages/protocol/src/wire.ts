import type { Numbered, Role } from "@jamesd/model";
import type { Shape } from "./shape.ts";

/** What a client has to know of a route. */
export interface WireRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly roles: readonly Role[];
  /** Its body is a stream. */
  readonly takesBytes: boolean;
  /** What an answer with content is; undefined when there is none. */
  readonly reply?: Shape | "bytes" | undefined;
  readonly format?: Numbered;
  readonly maxReply?: number;
}

/** The protocol as data: what a client calls, and how it reads what comes back. */
export interface Wire<N extends string = string> {
  readonly routes: Readonly<Record<N, WireRoute>>;
  /** What is answered in place of a reply. */
  readonly error: Shape;
}
