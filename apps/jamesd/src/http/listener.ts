import type { AddressInfo } from "node:net";
import { JamesError } from "@jamesd/model";
import {
  type CredentialPaths,
  type Credentials,
  checkCredentials,
  endingSoon,
  exposedKey,
  LOOK_AGAIN_MS,
  lacksAuthority,
  loadCredentials,
} from "@jamesd/pki/credentials";
import { type Address, parseAddress } from "@jamesd/protocol";
import type { Logger } from "pino";
import type { Part } from "../running/opened.ts";
import { type App, type AppOptions, makeApp, tlsOptions } from "./app.ts";

/** What listens on an address with credentials that may be replaced. */
export class Listener implements Part {
  readonly #app: App;
  readonly #files: CredentialPaths;
  readonly #log: Logger;
  readonly #watch: NodeJS.Timeout;
  #credentials: Credentials;

  /** @param options with what `readCredentials` read from the files */
  constructor(files: CredentialPaths, options: AppOptions & { readonly tls: Credentials }) {
    this.#files = files;
    this.#log = options.log;
    this.#credentials = options.tls;
    this.#app = makeApp(options);
    this.#watch = setInterval(() => warnOfEnd(this.#credentials, this.#log), LOOK_AGAIN_MS).unref();
  }

  /** @throws JamesError ADDRESS_IN_USE */
  async listen(written: string): Promise<AddressInfo> {
    const { host, port }: Address = parseAddress(written);
    try {
      await this.#app.listen({ host: host || "::", port });
    } catch (cause) {
      throw listenError(cause, written);
    }
    return this.#app.server.address() as AddressInfo;
  }

  /** Reads the certificates and the key again; connections that are open stay, unless an authority is gone. @throws JamesError as `loadCredentials`; then those from before are used on */
  reload(): void {
    const before = this.#credentials;
    this.#credentials = readCredentials(this.#files, this.#log);
    this.#app.server.setSecureContext(tlsOptions(this.#credentials));
    // A connection outlives the handshake that proved who is there: with an authority go all whom it may have vouched for.
    if (lacksAuthority(this.#credentials, before)) this.#app.server.closeAllConnections();
  }

  /** Answers whoever has asked, and ends every connection. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#app.close();
  }
}

/** The server's credentials; a key that others may read is warned of. @throws JamesError as `loadCredentials`, CERTIFICATE_INVALID */
export function readCredentials(files: CredentialPaths, log: Logger): Credentials {
  const credentials = loadCredentials(files);
  const problem = checkCredentials(credentials, Date.now(), "server");
  if (problem) throw problem;
  const warning = exposedKey(files);
  if (warning !== undefined) log.warn(warning);
  warnOfEnd(credentials, log);
  return credentials;
}

function warnOfEnd(credentials: Credentials, log: Logger): void {
  const warning = endingSoon(credentials, Date.now());
  if (warning !== undefined) log.warn(warning);
}

function listenError(cause: unknown, address: string): JamesError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const hint =
    code === "EADDRINUSE"
      ? "Another program listens there; stop it or choose another --addr."
      : "Choose another --addr.";
  return new JamesError("ADDRESS_IN_USE", `cannot listen on ${address}: ${message}`, { hint, cause });
}
