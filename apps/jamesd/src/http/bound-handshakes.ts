import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectionLimits } from "./connection-limits.ts";
import { awaitFirstBytes } from "./first-bytes.ts";
import { Handshakes } from "./handshakes.ts";
import { handshakeProblem } from "./peer.ts";
import type { Refusals } from "./refusals.ts";

/** How many connections there may be, and how long each may take for its handshake, in milliseconds: to begin it, and to end it. */
interface HandshakeBounds extends Pick<ConnectionLimits, "most" | "handshakes"> {
  readonly handshakeMs: number;
  /** Told of each handshake that had begun and came to no end, whichever way, with how many bytes came for it. */
  readonly failed?: (from: string, bytes: number) => void;
}

/**
 * Bounds the connections of a server, and says in the log of whom nothing came. @returns the handshakes, which whoever
 * takes the connections is to begin and end; those that fail have ended
 */
export function boundHandshakes(
  server: Server,
  { most, handshakes: limits, handshakeMs, failed }: HandshakeBounds,
  refusals: Refusals,
): Handshakes {
  const note = (from: string, reason: string, bytes: number): void => {
    refusals.note({ from, reason });
    if (bytes > 0) failed?.(from, bytes);
  };
  const handshakes = new Handshakes(limits, note);
  const refuse = (socket: Socket, reason: string): void => {
    const { remoteAddress: from } = socket;
    const bytes = handshakes.end(socket);
    // Without an address it has gone already, which was seen then.
    if (from !== undefined) note(from, reason, bytes);
  };
  awaitFirstBytes(server, handshakeMs, (socket) => {
    refuse(socket, "it said nothing");
    socket.destroy();
  });
  server.maxConnections = most;
  server.on("drop", (dropped) =>
    refusals.note({ from: dropped?.remoteAddress, reason: "there are too many connections" }),
  );
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => refuse(socket, handshakeProblem(error)));
  return handshakes;
}
