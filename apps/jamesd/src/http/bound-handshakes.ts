import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Handshakes } from "./handshakes.ts";
import { handshakeProblem } from "./peer.ts";
import type { Refusals } from "./refusals.ts";

/**
 * Bounds the connections of a server, and says in the log of whom nothing came. @returns the handshakes, which whoever
 * takes the connections is to begin and end; those that fail have ended
 */
export function boundHandshakes(
  server: Server,
  { most, handshakes: limits }: Pick<ConnectionLimits, "most" | "handshakes">,
  refusals: Refusals,
): Handshakes {
  const handshakes = new Handshakes(limits, (from, reason) => refusals.note({ from, reason }));
  server.maxConnections = most;
  server.on("drop", (dropped) =>
    refusals.note({ from: dropped?.remoteAddress, reason: "there are too many connections" }),
  );
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    // Without an address it has gone already, which was seen then.
    if (socket.remoteAddress !== undefined)
      refusals.note({ from: socket.remoteAddress, reason: handshakeProblem(error) });
    handshakes.end(socket);
  });
  return handshakes;
}
