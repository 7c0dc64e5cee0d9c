/**
 * The TLS session that the next connection takes up, which costs both sides half of a handshake. An agent of `node:https`
 * keeps one too, but forgets it with a connection that breaks: just when all come back.
 */
export class KeptSession {
  #session: Buffer | undefined;

  /** As an option of a connection. */
  get option(): { readonly session?: Buffer } {
    return this.#session ? { session: this.#session } : {};
  }

  /** Keeps what the server gives out, the newest of it. */
  keep(session: Buffer): void {
    this.#session = session;
  }
}
