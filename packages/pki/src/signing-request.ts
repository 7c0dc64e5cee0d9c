// The agent uses this file on Node 20: nothing newer and no library here.
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import {
  BIT_STRING,
  bytesOf,
  contentOf,
  type Element,
  element,
  elementsIn,
  encode,
  INTEGER,
  OBJECT_IDENTIFIER,
  oid,
  PRINTABLE_STRING,
  SEQUENCE,
  SET,
  UTF8_STRING,
} from "./der.ts";
import { invalid, writePem } from "./pem.ts";
import { keyFingerprint, readPublicKey, spkiOf } from "./public-key.ts";
import { parseSubjectName } from "./subject.ts";

/** What somebody who has a key asks to be certified (PKCS #10, RFC 2986): that this key is of this name. */
export interface SigningRequest {
  /** The common name, as `parseSubjectName` wants it. */
  readonly name: string;
  readonly publicKey: KeyObject;
  /** As `keyFingerprint` of the key. */
  readonly fingerprint: string;
}

/** Longest text of a request that is read, in bytes: one of an RSA key of 8192 bits is half of that. */
export const MAX_REQUEST_BYTES = 16 * 1024;

const PEM_REQUEST =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;
/** Tag of the attributes. */
const ATTRIBUTES = 0xa0;
const COMMON_NAME = Buffer.from("550403", "hex");
const ECDSA_WITH_SHA256 = "2a8648ce3d040302";
/** Of the signatures that are understood, by their object identifiers in DER. */
const HASHES: Readonly<Record<string, { readonly key: string; readonly hash: string }>> = {
  [ECDSA_WITH_SHA256]: { key: "ec", hash: "sha256" },
  "2a8648ce3d040303": { key: "ec", hash: "sha384" },
  "2a8648ce3d040304": { key: "ec", hash: "sha512" },
  "2a864886f70d01010b": { key: "rsa", hash: "sha256" },
  "2a864886f70d01010c": { key: "rsa", hash: "sha384" },
  "2a864886f70d01010d": { key: "rsa", hash: "sha512" },
};

/** Asks for a certificate of this name, in PEM. The key is of P-256. @throws JamesError NAME_INVALID */
export function makeSigningRequest(name: string, privateKey: KeyObject): string {
  const commonName = encode(UTF8_STRING, Buffer.from(parseSubjectName(name)));
  const attribute = encode(SEQUENCE, encode(OBJECT_IDENTIFIER, COMMON_NAME), commonName);
  const info = encode(
    SEQUENCE,
    encode(INTEGER, Buffer.from([0])),
    encode(SEQUENCE, encode(SET, attribute)),
    spkiOf(createPublicKey(privateKey)),
    encode(ATTRIBUTES),
  );
  const algorithm = encode(SEQUENCE, oid(ECDSA_WITH_SHA256));
  const signature = encode(BIT_STRING, Buffer.from([0]), sign("sha256", info, privateKey));
  return writePem("CERTIFICATE REQUEST", encode(SEQUENCE, info, algorithm, signature));
}

/**
 * Reads what somebody asks for, whoever that is: one common name, a key that may have a certificate, and the proof that
 * the sender has its private part. Whatever else it wishes for is passed over. @throws JamesError CERTIFICATE_INVALID, NAME_INVALID
 */
export function readSigningRequest(pem: string): SigningRequest {
  const der = derOf(pem);
  const { info, name, spki, algorithm, signature } = partsOf(der);
  const publicKey = readPublicKey(spki);
  if (!isSigned(publicKey, info, algorithm, signature))
    throw invalid("the request is not signed by the key that it is for", "Make the request anew.");
  return { name: parseSubjectName(name), publicKey, fingerprint: keyFingerprint(publicKey) };
}

function derOf(pem: string): Buffer {
  const body = pem.length <= MAX_REQUEST_BYTES ? PEM_REQUEST.exec(pem)?.[1] : undefined;
  if (body !== undefined) return Buffer.from(body, "base64");
  throw invalid(
    `it is not one signing request in PEM of up to ${MAX_REQUEST_BYTES} bytes`,
    'Its text has to begin with "-----BEGIN CERTIFICATE REQUEST-----".',
  );
}

// CertificationRequest ::= SEQUENCE { certificationRequestInfo SEQUENCE { version INTEGER, subject Name,
// subjectPKInfo SEQUENCE, attributes [0] }, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, signature BIT STRING }
function partsOf(der: Buffer) {
  const whole = element(der, 0, SEQUENCE);
  const info = element(der, whole.content, SEQUENCE);
  const subject = element(der, element(der, info.content, INTEGER).end, SEQUENCE);
  const spki = element(der, subject.end, SEQUENCE);
  const algorithm = element(der, info.end, SEQUENCE);
  const signature = element(der, algorithm.end, BIT_STRING);
  if (signature.end !== whole.end || whole.end !== der.length)
    throw invalid("there is more after the signing request", "Send one request alone.");
  return {
    info: bytesOf(der, info),
    name: commonNameOf(der, subject),
    spki: bytesOf(der, spki),
    algorithm: contentOf(der, element(der, algorithm.content, OBJECT_IDENTIFIER)).toString("hex"),
    // Its first byte says how many bits of the last one do not count: none.
    signature: contentOf(der, signature).subarray(1),
  };
}

// Name ::= SEQUENCE OF SET OF SEQUENCE { OBJECT IDENTIFIER, ANY }
function commonNameOf(der: Buffer, subject: Element): string {
  const attributes = elementsIn(der, subject, SET).flatMap((set) => elementsIn(der, set, SEQUENCE));
  const values = attributes
    .map(({ content }) => element(der, content, OBJECT_IDENTIFIER))
    .filter((type) => contentOf(der, type).equals(COMMON_NAME))
    .map(({ end }) => textAt(der, end));
  const [name] = values;
  if (name !== undefined && values.length === 1) return name;
  throw invalid(
    `the request has ${values.length} common names`,
    "Ask for one with exactly one CN: the device's id.",
  );
}

function textAt(der: Buffer, begin: number): string {
  const isPrintable = der[begin] === PRINTABLE_STRING;
  const bytes = contentOf(der, element(der, begin, isPrintable ? PRINTABLE_STRING : UTF8_STRING));
  const text = bytes.toString(isPrintable ? "latin1" : "utf8");
  // What is not UTF-8 would come back as another name.
  if (Buffer.from(text, isPrintable ? "latin1" : "utf8").equals(bytes)) return text;
  throw invalid("the request's common name is not UTF-8", "Write it in UTF-8: openssl req -utf8.");
}

function isSigned(publicKey: KeyObject, info: Buffer, algorithm: string, signature: Buffer): boolean {
  const known = HASHES[algorithm];
  if (known?.key !== publicKey.asymmetricKeyType) return false;
  return verify(known?.hash, info, publicKey, signature);
}
