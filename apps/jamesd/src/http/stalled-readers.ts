import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";

const NOTHING = -1;

/**
 * Ends every connection whose other side takes nothing of what is to be written to it, for as long as that, whatever
 * the answer is. What it sends does not count: it might send for ever.
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
      if (now !== NOTHING && now === before) socket.destroy();
      taken.set(socket, now);
    }
  };
  setInterval(look, longestMs).unref();
}
