import type { RateLimiter } from "./rate-limiter.ts";

/** The chunks of an answer, no faster than the limiter allows: while nobody reads, TCP holds the server back. */
export async function* paced(
  answer: AsyncIterable<Uint8Array>,
  limiter: RateLimiter,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of answer) {
    const due = limiter.count(chunk.length);
    yield chunk;
    await limiter.until(due, signal);
  }
}
