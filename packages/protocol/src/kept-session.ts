import type { ClientRequest } from "node:http";
import type { TLSSocket } from "node:tls";

/**
 * The TLS session that the next connection takes up, which costs both sides half of a handshake. An agent of `node:https`
 * keeps one too, but forgets it with a connection that breaks: just when all come back.
 */
export class KeptSession {
  #session: Buffer | undefined;

  /** As an option of a request. */
  get option(): { readonly session?: Buffer } {
    return this.#session ? { session: this.#session } : {};
  }

  /** Keeps what the server gives out over the connection of a request, the newest of it. */
  keepOf(outgoing: ClientRequest): void {
    outgoing.once("socket", (socket) => {
      if (outgoing.reusedSocket) return;
      (socket as TLSSocket).on("session", (session: Buffer) => {
        this.#session = session;
      });
    });
  }
}
