import { createHash } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { parseCertificates, readText } from "@jamesd/pki/pem";
import { wireEvent } from "../http/v1/nouns.ts";
import type { Event } from "../repository/event.ts";
import { VERSION } from "../version.ts";
import { typeOf } from "./event-type.ts";
import { post } from "./post.ts";
import type { Receiver } from "./receiver.ts";
import { readSecrets, signatureOf } from "./signature.ts";

const NAME_CA = "Name the file with --webhook-ca, and see that this user may read it.";

/** The files by which receivers know who speaks, and are known. They are read each time, so that new ones need no more than to be there. */
export interface SenderFiles {
  readonly secrets: string;
  /** Undefined: those that this system trusts. */
  readonly ca: string | undefined;
}

/** Sends events to receivers, signed as Standard Webhooks has it (https://www.standardwebhooks.com). */
export class Sender {
  readonly #files: SenderFiles;
  readonly #now: () => number;
  #made: { readonly ca: string | undefined; readonly context: SecureContext } | undefined;

  /** @throws JamesError FILE_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID */
  constructor(files: SenderFiles, now: () => number) {
    this.#files = files;
    this.#now = now;
    readSecrets(files.secrets);
    this.#context();
  }

  /** Sends one event once. @returns the status of the answer @throws Error when none came */
  async send(receiver: Receiver, event: Event, signal: AbortSignal): Promise<number> {
    const body = bodyOf(event);
    const signed = { id: idOf(event, body), timestamp: Math.floor(this.#now() / 1000), body };
    const headers = {
      "content-type": "application/json",
      "user-agent": `jamesd/${VERSION}`,
      "webhook-id": signed.id,
      "webhook-timestamp": String(signed.timestamp),
      "webhook-signature": signatureOf(signed, readSecrets(this.#files.secrets)),
    };
    return await post(receiver, { body, headers, context: this.#context(), signal });
  }

  // It is made once of the same authorities: of hundreds, as a system has them, that takes longer than all else.
  #context(): SecureContext {
    const ca = this.#files.ca === undefined ? undefined : readText(this.#files.ca, NAME_CA);
    if (this.#made && this.#made.ca === ca) return this.#made.context;
    const given = ca === undefined ? systemAuthorities() : parseCertificates(ca, this.#files.ca ?? "");
    const context = createSecureContext({ ca: given.map(String) });
    this.#made = { ca, context };
    return context;
  }
}

function systemAuthorities(): readonly string[] {
  const system = getCACertificates("system");
  return system.length > 0 ? system : getCACertificates("bundled");
}

function bodyOf(event: Event): string {
  const timestamp = new Date(event.time).toISOString();
  return JSON.stringify({ type: typeOf(event), timestamp, data: wireEvent(event) });
}

/** The same each time that an event is sent; not by its number alone, which others have as well after a backup was brought back. */
function idOf({ sequence }: Event, body: string): string {
  return `evt_${sequence}_${createHash("sha256").update(body).digest("hex").slice(0, 16)}`;
}
