import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import {
  type Authority,
  issueCertificate,
  issueForRequest,
  makeAuthority,
  makeDeviceAuthority,
  makeSigningRequest,
  openAuthority,
  type PemPair,
  type SigningRequest,
} from "@jamesd/pki";
import { issuedOf } from "../src/enrollment/device-authority.ts";
import type { IssuedCertificate } from "../src/repository/certificate-store.ts";

/** Authorities that issue certificates of devices in this process; the last one signs, the others are let in as well. */
export class IssuingAuthority {
  certificates: readonly X509Certificate[] = [];
  canSign = true;
  readonly #lifetime: number;
  #signing: Authority | undefined;

  /** @param lifetime of its certificates, in milliseconds */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** A new authority signs from `now` on, beside those before. */
  async rotate(now: number): Promise<void> {
    const pair = await makeDeviceAuthority(now);
    this.#signing = await openAuthority(pair);
    this.certificates = [...this.certificates, new X509Certificate(pair.cert)];
  }

  /** Only the newest is left. */
  dropOld(): void {
    this.certificates = this.certificates.slice(-1);
  }

  async issue(request: SigningRequest, now: number): Promise<IssuedCertificate> {
    if (!this.#signing) throw new Error("there is no authority");
    const starts = now - this.#lifetime / 10;
    const pem = await issueForRequest(this.#signing, request, { starts, ends: now + this.#lifetime });
    return issuedOf(new X509Certificate(pem), request);
  }
}

/** A key of a device, and its request. */
export function ask(name: string): { readonly key: KeyObject; readonly pem: string } {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { key, pem: makeSigningRequest(name, key) };
}

/** An authority of pkitool, and devices' certificates that it made. */
export async function pkitool(now: number) {
  const pair: PemPair = await makeAuthority(now);
  const authority = await openAuthority(pair);
  const device = async (name: string, days = 2): Promise<X509Certificate> =>
    new X509Certificate((await issueCertificate(authority, { kind: "device", name, days }, now)).cert);
  return { root: new X509Certificate(pair.cert), authority, device };
}
