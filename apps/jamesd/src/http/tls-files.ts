import type { X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import {
  type CredentialPaths,
  type Credentials,
  checkCredentials,
  endingSoon,
  endsSoon,
  exposedKey,
  LOOK_AGAIN_MS,
  lacksAuthority,
  loadCredentials,
  rootOf,
} from "@jamesd/pki/credentials";
import { parseCertificates } from "@jamesd/pki/pem";
import { keyFingerprint } from "@jamesd/pki/public-key";
import type { Authorities } from "@jamesd/pki/vouching";
import { TLS } from "@jamesd/protocol";
import type { Logger } from "pino";
import type { DeviceAuthority } from "../enrollment/device-authority.ts";
import type { EndingCertificate } from "../repository/event.ts";
import type { Part } from "../running/opened.ts";
import type { TicketKeys } from "./ticket-keys.ts";

/** A certificate of these files: what it is there for, and when it ends. */
export interface UsedCertificate extends EndingCertificate {
  readonly serial: string;
}

/** The files by which the server proves itself and knows others, read again when they are replaced. */
export class TlsFiles implements Part {
  readonly #paths: CredentialPaths;
  readonly #devices: DeviceAuthority | undefined;
  readonly #tickets: TicketKeys | undefined;
  readonly #log: Logger;
  readonly #watch: NodeJS.Timeout;
  #credentials: Credentials;

  /**
   * @param devices whose certificates are let in as devices' @param tickets by which sessions are taken up that began before this process
   * @throws JamesError as `loadCredentials`, CERTIFICATE_INVALID
   */
  constructor(
    paths: CredentialPaths,
    devices: DeviceAuthority | undefined,
    log: Logger,
    tickets?: TicketKeys,
  ) {
    this.#paths = paths;
    this.#devices = devices;
    this.#tickets = tickets;
    this.#log = log;
    this.#credentials = readCredentials(paths);
    this.#watch = setInterval(() => this.#warn(), LOOK_AGAIN_MS).unref();
    this.#warn();
  }

  /** What makes a TLS context: whoever vouches for devices vouches for no server, and is only let in. */
  get context(): SecureContextOptions {
    const { ca, cert, key } = this.#credentials;
    const authorities = this.#devices ? [ca, this.#devices.pem] : [ca];
    const ticketKeys = this.#tickets?.under(authorities);
    return { ca: authorities, cert, key, ...TLS, ...(ticketKeys && { ticketKeys }) };
  }

  /** Who vouches for servers and people, in PEM. */
  get authorities(): string {
    return this.#credentials.ca;
  }

  /** The fingerprint of the key of who vouches for this server. */
  get voucher(): string {
    return keyFingerprint(rootOf(this.#credentials).publicKey);
  }

  /** Whose certificates say by name what they are, and whose do not; undefined: those of devices are not told apart. */
  get vouching(): Authorities | undefined {
    return this.#devices?.authorities;
  }

  /** The names and addresses that this server's certificate is good for. */
  get names(): readonly string[] {
    const { cert, paths } = this.#credentials;
    const { subjectAltName = "" } = parseCertificates(cert, paths.cert)[0] ?? {};
    return Array.from(
      subjectAltName.matchAll(/(?<=^|, )(?:DNS|IP Address):([^,"]+)(?=,|$)/g),
      ([, name = ""]) => name,
    );
  }

  /** Every certificate of the files. */
  get used(): readonly UsedCertificate[] {
    const { ca, cert, paths } = this.#credentials;
    const [own, ...between] = parseCertificates(cert, paths.cert);
    const all = {
      ...{ server: [own], chain: between, ca: parseCertificates(ca, paths.ca) },
      "device-ca": this.#devices?.certificates ?? [],
    };
    return Object.entries(all).flatMap(([use, certificates]) =>
      certificates.map((certificate) => usedAs(use as keyof typeof all, certificate)),
    );
  }

  /** Those that end soon, or have ended, at a time (milliseconds since the epoch). */
  ending(now: number): readonly EndingCertificate[] {
    return this.used
      .filter(({ ends }) => endsSoon(ends, now))
      .map(({ use, subject, ends }) => ({ use, subject, ends }));
  }

  /** Reads all of them again. @returns whether somebody who was let in is no more @throws JamesError as the constructor; then those from before are used on */
  reload(): boolean {
    const before = this.#credentials;
    const knownDevices = this.#devices?.certificates ?? [];
    const credentials = readCredentials(this.#paths);
    this.#devices?.reload();
    this.#credentials = credentials;
    this.#warn();
    const now = this.#devices?.certificates ?? [];
    const isGone = knownDevices.some((one) => !now.some((other) => other.raw.equals(one.raw)));
    return isGone || lacksAuthority(credentials, before);
  }

  close(): void {
    clearInterval(this.#watch);
  }

  #warn(): void {
    const now = Date.now();
    const own = [exposedKey(this.#paths), endingSoon(this.#credentials, now)];
    for (const warning of [...own, ...(this.#devices?.warnings(now) ?? [])])
      if (warning !== undefined) this.#log.warn(warning);
  }
}

function usedAs(
  use: UsedCertificate["use"],
  { subject, serialNumber, validTo }: X509Certificate,
): UsedCertificate {
  return {
    use,
    subject: subject.replaceAll("\n", ", "),
    serial: serialNumber,
    ends: Date.parse(validTo),
  };
}

function readCredentials(paths: CredentialPaths): Credentials {
  const credentials = loadCredentials(paths);
  const problem = checkCredentials(credentials, Date.now(), "server");
  if (problem) throw problem;
  return credentials;
}
