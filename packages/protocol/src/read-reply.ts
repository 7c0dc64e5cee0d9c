import { formatUnknown, isLater, JamesError } from "@jamesd/model";
import type { z } from "zod";
import type { AnswerHead } from "./answer-reader.ts";
import { parseRetryAfter } from "./retry-after.ts";
import type { errorSchema } from "./schema.ts";
import { Mismatch, readShape, type Shape } from "./shape.ts";
import { classOfStatus } from "./status.ts";
import type { WireRoute } from "./wire.ts";

/** A reply of a route that says no other bound; a manifest of 200,000 entries fits. */
export const MAX_REPLY_BYTES = 256 * 1024 * 1024;
/** An error, and an answer without content. */
const MAX_ERROR_BYTES = 64 * 1024;
const IS_IT_JAMESD = "Is it jamesd that listens there?";

/** An answer that was read as a whole. */
export interface ReadAnswer {
  readonly statusCode: number;
  readonly headers: AnswerHead["headers"];
  readonly body: Buffer;
}

/** True of an answer that is what was asked for. */
export function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** Bytes that the body of an answer with a status may have. */
export function bodyBound(
  { reply, maxReply = MAX_REPLY_BYTES }: WireRoute,
  most = MAX_REPLY_BYTES,
): (statusCode: number) => number {
  const bytes = reply === undefined || reply === "bytes" ? MAX_ERROR_BYTES : Math.min(most, maxReply);
  return (statusCode) => (isSuccess(statusCode) ? bytes : MAX_ERROR_BYTES);
}

/** What a route answers. @throws JamesError SERVER_UNREACHABLE of another program's answer, FORMAT_UNKNOWN, INTERNAL */
export function readReply(route: WireRoute, { statusCode, body }: ReadAnswer): unknown {
  if (statusCode === 204 || route.reply === undefined || route.reply === "bytes") return undefined;
  const answer = parseJson(body);
  // What stands before the server says with 200 that there is maintenance, or where to log in.
  if (answer === undefined)
    throw new JamesError(
      "SERVER_UNREACHABLE",
      `what answered ${route.method} ${route.path} with ${statusCode} is not jamesd: it is no JSON`,
      { hint: IS_IT_JAMESD },
    );
  if (route.format && isLater(route.format, answer)) throw formatUnknown(route.format, answer.format);
  const read = readShape(route.reply, answer);
  if (!(read instanceof Mismatch)) return read;
  throw new JamesError(
    "INTERNAL",
    `the server's answer to ${route.method} ${route.path} is not of the protocol: ${read}`,
  );
}

/** Why the server refuses. */
export function readError(shape: Shape, { statusCode, headers, body }: ReadAnswer): JamesError {
  const read = readShape(shape, parseJson(body));
  const retryAfterMs = parseRetryAfter(headers["retry-after"], Date.now());
  if (!(read instanceof Mismatch))
    return JamesError.fromBody(read as z.output<typeof errorSchema>, {
      retryAfterMs,
      class: classOfStatus(statusCode),
    });
  return new JamesError("SERVER_UNREACHABLE", `the server answered ${statusCode} without saying why`, {
    hint: IS_IT_JAMESD,
    retryAfterMs,
  });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
