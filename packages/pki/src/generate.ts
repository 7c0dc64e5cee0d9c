import { randomBytes, webcrypto } from "node:crypto";
import { writePem } from "./pem.ts";

/** The one kind of key we make: small, fast on devices, understood by every TLS library. */
export const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export const DAY = 86_400_000;

export async function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
}

/** A private key as PKCS #8 PEM. */
export async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return writePem("PRIVATE KEY", Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)));
}

/** From a day before `now`, because a device's clock is often late, to `days` after it. */
export function validity(now: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - DAY), notAfter: new Date(now + days * DAY) };
}

/** A random serial number of 16 bytes in hexadecimal, positive and without leading zeros (RFC 5280, 4.1.2.2). */
export function makeSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}
