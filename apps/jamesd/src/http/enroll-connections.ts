import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { JamesError } from "@jamesd/model";
import { addressGroup } from "./address-group.ts";
import { boundHandshakes } from "./bound-handshakes.ts";
import type { Deadlines } from "./deadlines.ts";
import type { EnrollBounds } from "./enroll-bounds.ts";

/**
 * Bounds connections of whom nothing is known, by the place that they come from. @returns what ends those over which
 * nothing was asked, and whatever still comes
 */
export function guardPlaces(
  server: Server,
  bounds: EnrollBounds,
  deadlines: Pick<Deadlines, "handshake">,
): () => void {
  const { places, connections, refusals } = bounds;
  const handshakes = boundHandshakes(server, { ...bounds, handshakeMs: deadlines.handshake }, refusals);
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
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    handshakes.end(socket);
    places.connect(addressGroup(socket.remoteAddress ?? ""), socket);
  });
  return () => {
    handshakes.close();
    places.close();
  };
}
