import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";

const NOTHING = -1;
/** So much a reader takes at least, in bytes a millisecond: less than any of what `jamesc --rate-limit` lets through at its least. */
const LEAST_RATE = 0.25;

/**
 * Ends every connection whose other side takes next to nothing, in as long as that, of what is to be written to it,
 * whatever the answer is. What it sends does not count: it might send for ever. What it has taken is seen in pieces, as
 * the system takes them, which are some 64 KiB: who takes less than one in a minute is seen to take nothing.
 */
export function endStalledReaders(server: Server, longestMs: number): void {
  /** What each had taken when it was last looked at; NOTHING when there was nothing for it. */
  const taken = new Map<TLSSocket, number>();
  server.on("secureConnection", (socket) => {
    taken.set(socket, NOTHING);
    socket.once("close", () => taken.delete(socket));
  });
  const look = (): void => {
    for (const [socket, before] of taken) {
      // Without something to be written the server is the slow one.
      const now = socket.writableLength > 0 ? socket.bytesWritten - socket.writableLength : NOTHING;
      const isWatched = now !== NOTHING && before !== NOTHING;
      if (isWatched && now - before < longestMs * LEAST_RATE) socket.destroy();
      taken.set(socket, now);
    }
  };
  setInterval(look, longestMs).unref();
}
