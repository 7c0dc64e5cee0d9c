import type { IncomingMessage } from "node:http";
import type { RateLimiter } from "./rate-limiter.ts";

/** The chunks of an answer, no faster than the limiter allows: while nobody reads, TCP holds the server back. */
export async function* paced(
  response: IncomingMessage,
  limiter: RateLimiter,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const due = limiter.count(chunk.length);
    yield chunk;
    await withoutTimeout(response, () => limiter.until(due, signal));
  }
}

// A pause of our own is no silence of the server. When the answer is at its end, the connection may be another's already.
async function withoutTimeout(response: IncomingMessage, wait: () => Promise<void>): Promise<void> {
  const idleMs = response.readableEnded ? 0 : (response.socket.timeout ?? 0);
  if (idleMs > 0) response.setTimeout(0);
  await wait();
  if (idleMs > 0 && !response.readableEnded) response.setTimeout(idleMs);
}
