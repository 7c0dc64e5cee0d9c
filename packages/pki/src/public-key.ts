// The agent uses this file on Node 20: nothing newer and no library here.
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { JamesError } from "@jamesd/model";

/** What comes before the point, written whole, of a key of P-256 and of P-384: a curve of parameters of its own has another name or none. */
const CURVES = [
  "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
  "3076301006072a8648ce3d020106052b8104002203620004",
].map((hex) => Buffer.from(hex, "hex"));
const MIN_RSA_BITS = 2048;
/** To verify a signature of a longer key takes its time. */
const MAX_RSA_BITS = 8192;
const RSA_EXPONENT = 65_537n;

/** Which key it is: SHA-256 of its SPKI in DER, in lower-case hexadecimal. */
export function keyFingerprint(publicKey: KeyObject): string {
  return createHash("sha256").update(spkiOf(publicKey)).digest("hex");
}

/** A public key in DER (SubjectPublicKeyInfo). */
export function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: "spki", format: "der" });
}

/**
 * Reads a public key that may have a certificate: P-256, P-384 or RSA from 2048 bits on, in the one way that it is
 * written, so that a key has one fingerprint. @throws JamesError CERTIFICATE_INVALID
 */
export function readPublicKey(spki: Buffer): KeyObject {
  const key = parse(spki);
  if (key !== undefined && isUsable(key, spki) && spkiOf(key).equals(spki)) return key;
  throw new JamesError(
    "CERTIFICATE_INVALID",
    "the key is neither P-256 nor P-384 nor RSA of 2048 to 8192 bits",
    {
      hint: "Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256.",
    },
  );
}

function parse(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}

function isUsable(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  spki: Buffer,
): boolean {
  if (type === "ec") return CURVES.some((before) => spki.subarray(0, before.length).equals(before));
  const bits = details?.modulusLength ?? 0;
  const isLongEnough = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS;
  return type === "rsa" && isLongEnough && details?.publicExponent === RSA_EXPONENT;
}
