import { createPrivateKey, X509Certificate } from "node:crypto";
import type { PemPair } from "./authority.ts";
import { BMP_STRING, encode, INTEGER, OCTET_STRING, oid, SEQUENCE, SET } from "./der.ts";
import { LEGACY, MODERN, macOf, type Protection } from "./pkcs12-protection.ts";

/** Tags `[0]`: round a value, and in place of that of an OCTET STRING. */
const [EXPLICIT, IMPLICIT] = [0xa0, 0x80];
/** RFC 7292, section 4. */
const VERSION = encode(INTEGER, Buffer.from([3]));
/** RFC 5652, section 8. */
const ENCRYPTED_VERSION = encode(INTEGER, Buffer.from([0]));

/** Object identifiers in DER: RFC 7292, appendix D; RFC 2985, section 5.5; RFC 5652, sections 4 and 8. */
const OIDS = {
  data: oid("2a864886f70d010701"),
  encryptedData: oid("2a864886f70d010706"),
  keyBag: oid("2a864886f70d010c0a0102"),
  certBag: oid("2a864886f70d010c0a0103"),
  x509: oid("2a864886f70d01091601"),
  friendlyName: oid("2a864886f70d010914"),
  localKeyId: oid("2a864886f70d010915"),
};

/** Which file is to be made. */
export interface Pkcs12Request {
  /** What the certificate is called where it is imported. */
  readonly name: string;
  readonly password: string;
  /** For systems that read nothing newer: 3DES and SHA-1 in place of AES-256 and SHA-256. */
  readonly isLegacy: boolean;
}

/** What a browser or phone imports to be somebody: certificate, key and authority in one file (PKCS #12, RFC 7292), behind a password. */
export function makePkcs12(
  { cert, key }: PemPair,
  ca: string,
  { name, password, isLegacy }: Pkcs12Request,
): Buffer {
  const protection = isLegacy ? LEGACY : MODERN;
  const own = attributesOf(name);
  const certificates = encode(SEQUENCE, certBag(cert, own), certBag(ca, []));
  const keys = encode(SEQUENCE, keyBag(key, password, protection, own));
  const whole = encode(SEQUENCE, encryptedContent(certificates, password, protection), plainContent(keys));
  return encode(SEQUENCE, VERSION, plainContent(whole), macOf(whole, protection.mac, password));
}

function keyBag(
  key: string,
  password: string,
  protection: Protection,
  attributes: readonly Buffer[],
): Buffer {
  const plain = createPrivateKey(key).export({ format: "der", type: "pkcs8" });
  const { algorithm, content } = protection.encrypt(plain, password);
  return bag("keyBag", encode(SEQUENCE, algorithm, encode(OCTET_STRING, content)), attributes);
}

function certBag(pem: string, attributes: readonly Buffer[]): Buffer {
  const certificate = encode(OCTET_STRING, new X509Certificate(pem).raw);
  return bag("certBag", encode(SEQUENCE, OIDS.x509, encode(EXPLICIT, certificate)), attributes);
}

function bag(kind: "keyBag" | "certBag", value: Buffer, attributes: readonly Buffer[]): Buffer {
  const said = attributes.length === 0 ? [] : [encode(SET, ...attributes.toSorted(Buffer.compare))];
  return encode(SEQUENCE, OIDS[kind], encode(EXPLICIT, value), ...said);
}

/** By the id a reader finds which certificate a key is of. */
function attributesOf(name: string): readonly Buffer[] {
  const attribute = (kind: keyof typeof OIDS, value: Buffer): Buffer =>
    encode(SEQUENCE, OIDS[kind], encode(SET, value));
  return [
    attribute("friendlyName", encode(BMP_STRING, Buffer.from(name, "utf16le").swap16())),
    attribute("localKeyId", encode(OCTET_STRING, Buffer.from([1]))),
  ];
}

function encryptedContent(bytes: Buffer, password: string, protection: Protection): Buffer {
  const { algorithm, content } = protection.encrypt(bytes, password);
  const info = encode(SEQUENCE, OIDS.data, algorithm, encode(IMPLICIT, content));
  const encrypted = encode(SEQUENCE, ENCRYPTED_VERSION, info);
  return encode(SEQUENCE, OIDS.encryptedData, encode(EXPLICIT, encrypted));
}

function plainContent(bytes: Buffer): Buffer {
  return encode(SEQUENCE, OIDS.data, encode(EXPLICIT, encode(OCTET_STRING, bytes)));
}
