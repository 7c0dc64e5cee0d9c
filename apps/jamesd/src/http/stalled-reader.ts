import type { Socket } from "node:net";

/**
 * Ends a connection whose other side takes nothing of what is to be written to it, for as long as that. What it sends
 * does not count: it might send for ever. @returns what stops watching
 */
export function endWhenStalled(socket: Socket, longestMs: number): () => void {
  let written = socket.bytesWritten;
  const timer = setInterval(() => {
    // Without something to be written the server is the slow one.
    if (socket.writableLength > 0 && socket.bytesWritten === written) socket.destroy();
    written = socket.bytesWritten;
  }, longestMs).unref();
  return () => clearInterval(timer);
}
