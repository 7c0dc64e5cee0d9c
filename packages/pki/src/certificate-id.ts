import { createHash, type X509Certificate } from "node:crypto";
import { JamesError } from "@jamesd/model";

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

const [INTEGER, SEQUENCE, VERSION] = [0x02, 0x30, 0xa0];

/** Reads which certificate it is. @throws JamesError CERTIFICATE_INVALID */
export function certificateId({ raw, serialNumber }: X509Certificate): CertificateId {
  return {
    issuer: createHash("sha256").update(issuerOf(raw)).digest("hex"),
    serial: plainSerial(serialNumber),
  };
}

/** A serial number as it is compared, of one as people and programs write it: `0A:1B`, `0x0a1b`. @throws JamesError CERTIFICATE_INVALID */
export function plainSerial(written: string): string {
  const digits = written.trim().toLowerCase().replace(/^0x/, "").replaceAll(":", "");
  if (/^[0-9a-f]{1,64}$/.test(digits)) return digits.replace(/^0+(?=.)/, "");
  throw new JamesError("CERTIFICATE_INVALID", `${JSON.stringify(written)} is not a serial number`, {
    hint: "It is written in hexadecimal, as openssl x509 -noout -serial prints it.",
  });
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { version [0]?, serialNumber INTEGER, signature SEQUENCE, issuer Name
function issuerOf(der: Buffer): Buffer {
  const whole = element(der, 0, SEQUENCE);
  const signed = element(der, whole.content, SEQUENCE);
  const hasVersion = der[signed.content] === VERSION;
  const serial = element(
    der,
    hasVersion ? element(der, signed.content, VERSION).end : signed.content,
    INTEGER,
  );
  const issuer = element(der, element(der, serial.end, SEQUENCE).end, SEQUENCE);
  return der.subarray(issuer.begin, issuer.end);
}

interface Element {
  readonly begin: number;
  readonly content: number;
  readonly end: number;
}

// X.690, 8.1: a tag of one byte, and a length of one byte or of as many as it says.
function element(der: Buffer, begin: number, tag: number): Element {
  const first = der[begin + 1] ?? 0;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (der[begin] !== tag || more > 4 || begin + 2 + more > der.length) throw broken();
  const length = more === 0 ? first : der.readUIntBE(begin + 2, more);
  const content = begin + 2 + more;
  if (content + length > der.length) throw broken();
  return { begin, content, end: content + length };
}

function broken(): JamesError {
  return new JamesError("CERTIFICATE_INVALID", "the certificate is not written in DER as X.509 wants it");
}
