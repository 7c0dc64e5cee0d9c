import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { ReplyOf, ROUTES, RouteName } from "@jamesd/protocol";
import type { z } from "zod";
import type { Leaving } from "../fleet/leaving.ts";
import type { Origin } from "../repository/origin.ts";
import type { CheckInLine } from "./check-in-line.ts";
import type { Holder } from "./identity.ts";
import type { Reply } from "./reply.ts";
import type { Answer } from "./v1/answer.ts";

type ParsedBody<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer B }
  ? B extends z.ZodType
    ? z.output<B>
    : Readable
  : undefined;

/** One request, validated. */
export interface Call<N extends RouteName> {
  readonly origin: Origin;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  /** Before something new that the other side says is written. @throws JamesError SERVER_BUSY, when it does so too often */
  readonly spendNews: () => void;
  readonly body: ParsedBody<N>;
  readonly holder: Holder;
  /** Aborts when the other side has gone. */
  readonly signal: AbortSignal;
  /** The same for who waits long. */
  readonly left: Leaving;
  /** Of a check-in: the connection that it came over. */
  readonly line: CheckInLine | undefined;
}

/** What says how long a request may be held. */
export type Held = Pick<Call<RouteName>, "headers" | "holder" | "origin">;

/** One handler for every route of the protocol: a route without one does not compile. */
export type Handlers = { readonly [N in RouteName]: (call: Call<N>) => Promise<Answer<ReplyOf<N>> | Reply> };
