import { createHash, type X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";
import { bytesOf, element, INTEGER, SEQUENCE } from "./der.ts";

/**
 * Which certificate it is: an issuer gives each of its own a serial number (RFC 5280, 4.1.2.2). Not its fingerprint: who
 * holds a certificate can write its ECDSA signature in another way that is as valid, and it has another one.
 */
export interface CertificateId {
  /** SHA-256 of the issuer's name in DER, in hexadecimal. */
  readonly issuer: string;
  /** In lower-case hexadecimal, without leading zeros. */
  readonly serial: string;
}

/** The tag of a version, which the first version leaves out. */
const VERSION = 0xa0;

/** Reads which certificate it is. @throws JamesError CERTIFICATE_INVALID */
export function certificateId({ raw, serialNumber }: X509Certificate): CertificateId {
  return {
    issuer: nameDigest(namesOf(raw).issuer),
    serial: plainSerial(serialNumber),
  };
}

/** True of two that are one certificate. */
export function isSameCertificate(one: CertificateId, other: CertificateId): boolean {
  return one.serial === other.serial && one.issuer === other.issuer;
}

/** The name of a certificate's own, as `CertificateId` has that of its issuer. @throws JamesError CERTIFICATE_INVALID */
export function subjectDigest({ raw }: X509Certificate): string {
  return nameDigest(namesOf(raw).subject);
}

/** The name of whom a certificate is of, as it is written in it, in DER. @throws JamesError CERTIFICATE_INVALID */
export function subjectOf(certificate: Buffer): Buffer {
  return namesOf(certificate).subject;
}

/** A name in DER as it is compared. */
export function nameDigest(name: Buffer): string {
  return createHash("sha256").update(name).digest("hex");
}

/** A serial number as it is compared, of one as people and programs write it: `0A:1B`, `0x0a1b`. @throws JamesError CERTIFICATE_INVALID */
export function plainSerial(written: string): string {
  const digits = written.trim().toLowerCase().replace(/^0x/, "").replaceAll(":", "");
  if (/^[0-9a-f]{1,64}$/.test(digits)) return digits.replace(/^0+(?=.)/, "");
  throw new JamesError("CERTIFICATE_INVALID", `${JSON.stringify(written)} is not a serial number`, {
    hint: "It is written in hexadecimal, as openssl x509 -noout -serial prints it.",
  });
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { version [0]?, serialNumber INTEGER, signature SEQUENCE, issuer Name,
// validity SEQUENCE, subject Name
function namesOf(der: Buffer): { readonly issuer: Buffer; readonly subject: Buffer } {
  const whole = element(der, 0, SEQUENCE);
  const signed = element(der, whole.content, SEQUENCE);
  const hasVersion = der[signed.content] === VERSION;
  const serial = element(
    der,
    hasVersion ? element(der, signed.content, VERSION).end : signed.content,
    INTEGER,
  );
  const issuer = element(der, element(der, serial.end, SEQUENCE).end, SEQUENCE);
  const subject = element(der, element(der, issuer.end, SEQUENCE).end, SEQUENCE);
  return { issuer: bytesOf(der, issuer), subject: bytesOf(der, subject) };
}
