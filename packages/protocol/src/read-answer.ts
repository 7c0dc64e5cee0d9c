import type { IncomingMessage } from "node:http";
import { GatheredBytes } from "./gathered-bytes.ts";
import type { ReadAnswer } from "./read-reply.ts";
import { replyTooLarge } from "./reply-too-large.ts";

/** Reads an answer of `node:https` as a whole. Leaving the loop ends the connection: what is too long is not read to its end. @throws JamesError REPLY_TOO_LARGE */
export async function readAnswer(
  response: IncomingMessage,
  bound: (statusCode: number) => number,
): Promise<ReadAnswer> {
  const { statusCode = 0, headers } = response;
  const most = bound(statusCode);
  const body = new GatheredBytes();
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (body.size + chunk.length > most) throw replyTooLarge(most);
    body.add(chunk);
  }
  return { statusCode, headers, body: body.whole() };
}
