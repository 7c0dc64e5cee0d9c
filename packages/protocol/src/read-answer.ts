import type { IncomingMessage } from "node:http";
import type { ReadAnswer } from "./read-reply.ts";
import { replyTooLarge } from "./reply-too-large.ts";

/** Reads an answer of `node:https` as a whole. Leaving the loop ends the connection: what is too long is not read to its end. @throws JamesError REPLY_TOO_LARGE */
export async function readAnswer(
  response: IncomingMessage,
  bound: (statusCode: number) => number,
): Promise<ReadAnswer> {
  const { statusCode = 0, headers } = response;
  const most = bound(statusCode);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw replyTooLarge(most);
    chunks.push(chunk);
  }
  return { statusCode, headers, body: Buffer.concat(chunks) };
}
