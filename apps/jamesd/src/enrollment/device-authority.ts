import { X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import type { Authority, PemPair, SigningRequest } from "@jamesd/pki";
import { type AuthorityFiles, type LoadedAuthority, loadAuthority } from "@jamesd/pki/authority-files";
import { certificateId } from "@jamesd/pki/certificate-id";
import { endText, exposedKey } from "@jamesd/pki/credentials";
import { readIdentity } from "@jamesd/pki/identity";
import { readCertificates } from "@jamesd/pki/pem";
import { keyFingerprint } from "@jamesd/pki/public-key";
import { mayBeUsedAs } from "@jamesd/pki/purpose";
import { type Authorities, isIssuedBy } from "@jamesd/pki/vouching";
import type { IssuedCertificate } from "../repository/certificate-store.ts";

/** Where the authority for devices is, and how long its certificates are good. */
export interface DeviceAuthoritySettings extends AuthorityFiles {
  /** The authorities of servers and people, none of which may be one for devices. */
  readonly ca: string;
  /** In milliseconds. */
  readonly lifetimeMs: number;
}

/** A device's clock is often late, by a day at most; of a short life it is a part, or it would be half over at its start. */
const LATE_MS = 86_400_000;
const LATE_PART = 0.1;

/** What was read of them. */
interface DeviceAuthorityFiles extends LoadedAuthority {
  /** The authorities of servers and people. */
  readonly others: readonly X509Certificate[];
}

/** The authority whose certificates are of devices: its certificates, and its key where this server signs itself. */
export class DeviceAuthority {
  readonly #settings: DeviceAuthoritySettings;
  #files: DeviceAuthorityFiles;
  #authority: Promise<Authority> | undefined;

  /** @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID */
  constructor(settings: DeviceAuthoritySettings) {
    this.#settings = settings;
    this.#files = this.#read();
  }

  /** All that are let in as devices; the first of them is the one that signs. */
  get certificates(): readonly X509Certificate[] {
    return this.#files.certificates;
  }

  /** The same in PEM. */
  get pem(): string {
    return this.#files.certificates.map(String).join("");
  }

  /** These, and the authorities of servers and people. */
  get authorities(): Authorities {
    const { certificates: devices, others } = this.#files;
    return { devices, others };
  }

  /** Without its key somebody else signs. */
  get canSign(): boolean {
    return this.#files.key !== undefined;
  }

  /** What an operator should know of its files at a time (milliseconds). */
  warnings(now: number): readonly string[] {
    const { ca, cert, key } = this.#settings;
    const exposed = key === undefined ? undefined : exposedKey({ key });
    const ends = this.certificates.map(({ validTo }) => endText(cert, Date.parse(validTo), now));
    const below = this.certificates.some((one) => this.#isBelow(one))
      ? `${cert} is below an authority of ${ca}, and its own certificate does not say that it is for clients alone: agents may take a server that it signed for the right one`
      : undefined;
    return [exposed, below, ...ends].filter((warning) => warning !== undefined);
  }

  /** Reads the files again. @throws JamesError as the constructor; then what was read before counts on */
  reload(): void {
    this.#files = this.#read();
    this.#authority = undefined;
  }

  /** Issues a certificate for a request, beginning now (milliseconds since the epoch). @throws JamesError CERTIFICATE_INVALID, ENROLLMENT_NOT_OFFERED */
  async issue(request: SigningRequest, now: number): Promise<IssuedCertificate> {
    const [signer] = this.#files.certificates;
    if (Date.parse(signer.validTo) <= now) throw hasEnded();
    const { lifetimeMs } = this.#settings;
    const starts = now - Math.min(LATE_MS, lifetimeMs * LATE_PART);
    // What makes certificates is a quarter of a server's start, and most starts make none.
    const { issueForRequest, openAuthority } = await import("@jamesd/pki");
    const authority = await this.#open(openAuthority);
    const pem = await issueForRequest(authority, request, { starts, ends: now + lifetimeMs });
    return issuedOf(new X509Certificate(pem), request);
  }

  /** What somebody else issued with this authority's key. @throws JamesError CERTIFICATE_INVALID */
  accept(certificate: X509Certificate): IssuedCertificate {
    const { name } = readIdentity(certificate, { operators: [], viewers: [] });
    if (this.certificates.some((one) => isIssuedBy(certificate, one)))
      return issuedOf(certificate, { name, fingerprint: keyFingerprint(certificate.publicKey) });
    throw new JamesError("CERTIFICATE_INVALID", `the certificate of ${name} is not of the device CA`, {
      hint: "Sign with the device CA whose certificate the server has: pkitool --sign-requests.",
    });
  }

  #open(openAuthority: (pair: PemPair) => Promise<Authority>): Promise<Authority> {
    const { certificates, key } = this.#files;
    const [signer] = certificates;
    this.#authority ??= openAuthority({ cert: String(signer), key: key ?? "" });
    return this.#authority;
  }

  /** True of one for which agents might believe a server, because they trust who vouches for it. */
  #isBelow(certificate: X509Certificate): boolean {
    // Verifiers hold an authority's own purposes to be those of all below it.
    if (!mayBeUsedAs(certificate, "server")) return false;
    return this.#files.others.some((other) => isIssuedBy(certificate, other));
  }

  #read(): DeviceAuthorityFiles {
    const { ca, cert } = this.#settings;
    const files = loadAuthority(this.#settings);
    const others = readCertificates(ca);
    const shared = files.certificates.find((one) =>
      others.some((other) => one.publicKey.equals(other.publicKey)),
    );
    if (!shared) return { ...files, others };
    throw new JamesError(
      "CERTIFICATE_INVALID",
      `${cert} is in ${ca} as well, or has a key of it: its certificates would be of servers too`,
      {
        hint: "Make an authority for devices alone: pkitool --init-device-ca.",
      },
    );
  }
}

function hasEnded(): JamesError {
  return new JamesError("ENROLLMENT_NOT_OFFERED", "the server's authority for devices has ended", {
    hint: "Make a new one with pkitool --init-device-ca in another folder, and put it before the old one in the file of --device-ca.",
  });
}

/** A certificate of a device as it is kept. */
export function issuedOf(
  certificate: X509Certificate,
  { name, fingerprint }: Pick<SigningRequest, "name" | "fingerprint">,
): IssuedCertificate {
  return {
    ...certificateId(certificate),
    device: name,
    fingerprint,
    starts: Date.parse(certificate.validFrom),
    ends: Date.parse(certificate.validTo),
    certificate: String(certificate),
  };
}
