import type { IncomingMessage } from "node:http";
import { formatUnknown, isLater, JamesError } from "@jamesd/model";
import type { z } from "zod";
import { parseRetryAfter } from "./retry-after.ts";
import type { errorSchema } from "./schema.ts";
import { Mismatch, readShape, type Shape } from "./shape.ts";
import { classOfStatus } from "./status.ts";
import type { WireRoute } from "./wire.ts";

/** A reply of a route that says no other bound; a manifest of 200,000 entries fits. */
export const MAX_REPLY_BYTES = 256 * 1024 * 1024;
/** An error, and an answer without content. */
const MAX_ERROR_BYTES = 64 * 1024;

/** True of an answer that is what was asked for. */
export function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function boundOf({ reply, maxReply = MAX_REPLY_BYTES }: WireRoute): number {
  return reply === undefined || reply === "bytes" ? MAX_ERROR_BYTES : maxReply;
}

/** What a route answers. @throws JamesError REPLY_TOO_LARGE, FORMAT_UNKNOWN, INTERNAL @param most bytes */
export async function readReply(
  route: WireRoute,
  response: IncomingMessage,
  most = MAX_REPLY_BYTES,
): Promise<unknown> {
  const bytes = await readAll(response, Math.min(most, boundOf(route)));
  if (response.statusCode === 204 || route.reply === undefined || route.reply === "bytes") return undefined;
  const answer = parseJson(bytes);
  if (route.format && isLater(route.format, answer)) throw formatUnknown(route.format, answer.format);
  const read = readShape(route.reply, answer);
  if (!(read instanceof Mismatch)) return read;
  throw new JamesError(
    "INTERNAL",
    `the server's answer to ${route.method} ${route.path} is not of the protocol: ${read}`,
  );
}

/** Why the server refuses. */
export async function readError(shape: Shape, response: IncomingMessage): Promise<JamesError> {
  const read = readShape(shape, parseJson(await readAll(response, MAX_ERROR_BYTES)));
  const retryAfterMs = parseRetryAfter(response.headers["retry-after"], Date.now());
  if (!(read instanceof Mismatch))
    return JamesError.fromBody(read as z.output<typeof errorSchema>, {
      retryAfterMs,
      class: classOfStatus(response.statusCode),
    });
  return new JamesError(
    "SERVER_UNREACHABLE",
    `the server answered ${response.statusCode} without saying why`,
    {
      hint: "Is it jamesd that listens there?",
      retryAfterMs,
    },
  );
}

/** Leaving the loop ends the connection: what is too long is not read to its end. */
async function readAll(response: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > most)
      throw new JamesError("REPLY_TOO_LARGE", `the server's answer has more than ${most} bytes`, {
        hint: "Is it jamesd that listens there? Of a packet, jamesc --limits entries=N says how much it may be.",
      });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
