import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { boundHandshakes } from "./bound-handshakes.ts";
import type { Clients } from "./clients.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { Deadlines } from "./deadlines.ts";
import type { HandshakeGate } from "./handshake-gate.ts";
import type { HandshakeWaste } from "./handshake-waste.ts";
import type { Identities } from "./identity.ts";
import { peerOf } from "./peer.ts";
import type { Refusals } from "./refusals.ts";

/** What is known of who may connect. */
export interface Guard {
  readonly limits: ConnectionLimits;
  readonly identities: Identities;
  readonly clients: Clients;
  readonly gate: HandshakeGate;
  readonly waste: HandshakeWaste;
  readonly refusals: Refusals;
  readonly deadlines: Pick<Deadlines, "handshake">;
}

/**
 * Lets in who has a certificate of our CA, and says in the log who was refused. Before that, and of each certificate,
 * there are only so many connections. @returns what ends the connections that wait for nothing, and whatever still comes
 */
export function guardConnections(
  server: Server,
  { limits, identities, clients, gate, waste, refusals, deadlines }: Guard,
): () => void {
  // One was paid for when it was let in.
  const failed = (from: string, bytes: number): void => gate.charge(waste.refused(from, bytes) - 1);
  const handshakes = boundHandshakes(
    server,
    { ...limits, handshakeMs: deadlines.handshake, failed },
    refusals,
  );
  server.on("connection", (socket) => handshakes.begin(socket as Socket));
  letInBy(gate, server);
  // Before whatever reads from it.
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    const bytes = handshakes.end(socket);
    const { name, problem } = peerOf(socket);
    if (problem === undefined) {
      const account = holderOf(socket, identities);
      waste.done(account, socket.remoteAddress ?? "", socket.isSessionReused());
      clients.connect(account, socket);
      // It is told so when it asks.
      if (identities.isLockedOut(socket))
        refusals.note({ from: socket.remoteAddress, name, reason: "it is locked out" });
      return;
    }
    const { remoteAddress: from = "" } = socket;
    failed(from, bytes);
    refusals.note({ from, name, reason: problem });
    socket.destroy();
  });
  const isLockedOut = (socket: Socket): boolean => identities.isLockedOut(socket as TLSSocket);
  identities.onLockChange((name) => clients.endWhere(isLockedOut, name));
  return () => {
    gate.close();
    handshakes.close();
    clients.close();
  };
}

/** Has a connection begin its handshake when the gate lets it in; until then nothing is read of it (`pauseOnConnect`). */
function letInBy(gate: HandshakeGate, server: Server): void {
  const begin = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket) => {
    // Nobody else listens to it while it waits.
    socket.on("error", () => undefined);
    gate.take(socket as Socket, () => {
      for (const listener of begin) listener.call(server, socket);
    });
  });
}

/** Whose connection it is. All whose certificates name nobody are bounded together, as if they were one. */
function holderOf(socket: TLSSocket, identities: Identities): string {
  try {
    return identities.of(socket).account;
  } catch {
    // It is told why when it asks.
    return "";
  }
}
