import type { IncomingMessage } from "node:http";

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 10_000;

/**
 * Reads what is left of a refused request and forgets it. A connection that is closed with unread bytes is reset, and
 * a reset can overtake the answer (RFC 9112, section 9.6). Who goes on sending all the same is cut off.
 */
export function readAway(request: IncomingMessage): void {
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, MAX_MS).unref();
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) cut();
  });
  request.on("error", () => undefined);
  request.on("close", () => clearTimeout(timer));
  request.resume();
}
