import type { AddressInfo } from "node:net";
import { type Address, parseAddress } from "@jamesd/protocol";
import type { Part } from "../running/opened.ts";
import { cannotListen } from "./cannot-listen.ts";
import type { App } from "./empty-app.ts";
import type { TlsFiles } from "./tls-files.ts";

/** What listens on an address with credentials that may be replaced. */
export class Listener implements Part {
  readonly #app: App;
  readonly #option: string;

  /** @param option that says the address, for messages */
  constructor(app: App, option: string) {
    this.#app = app;
    this.#option = option;
  }

  /** @throws JamesError ADDRESS_IN_USE */
  async listen(written: string): Promise<AddressInfo> {
    const { host, port }: Address = parseAddress(written);
    try {
      await this.#app.listen({ host: host || "::", port });
    } catch (cause) {
      throw cannotListen(cause, written, this.#option);
    }
    return this.#app.server.address() as AddressInfo;
  }

  /** Takes what was read again; connections that are open stay, unless an authority is gone (`isNarrower`). */
  takeOver({ context }: TlsFiles, isNarrower: boolean): void {
    this.#app.server.setSecureContext(context);
    // A connection outlives the handshake that proved who is there: with an authority go all whom it may have vouched for.
    if (isNarrower) this.#app.server.closeAllConnections();
  }

  /** Answers whoever has asked, and ends every connection. */
  async close(): Promise<void> {
    await this.#app.close();
  }
}
