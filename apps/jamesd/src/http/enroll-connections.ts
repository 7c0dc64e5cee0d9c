import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { addressGroup } from "./address-group.ts";
import type { EnrollBounds } from "./enroll-bounds.ts";
import { Handshakes } from "./handshakes.ts";
import { handshakeProblem } from "./peer.ts";

/**
 * Bounds connections of whom nothing is known, by the place that they come from. @returns what ends those over which
 * nothing was asked, and whatever still comes
 */
export function guardPlaces(
  server: Server,
  { handshakes: limits, most, places, connections, refusals }: EnrollBounds,
): () => void {
  const handshakes = new Handshakes(limits, (from, reason) => refusals.note({ from, reason }));
  server.maxConnections = most;
  server.on("drop", (dropped) =>
    refusals.note({ from: dropped?.remoteAddress, reason: "there are too many connections" }),
  );
  server.on("connection", (socket: Socket) => {
    const from = socket.remoteAddress ?? "";
    try {
      connections.spend(addressGroup(from), 1);
      handshakes.begin(socket);
    } catch (thrown) {
      refusals.note({ from, reason: JamesError.from(thrown).message });
      socket.destroy();
    }
  });
  server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    if (socket.remoteAddress !== undefined)
      refusals.note({ from: socket.remoteAddress, reason: handshakeProblem(error) });
    handshakes.end(socket);
  });
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    handshakes.end(socket);
    places.connect(addressGroup(socket.remoteAddress ?? ""), socket);
  });
  return () => {
    handshakes.close();
    places.close();
  };
}
