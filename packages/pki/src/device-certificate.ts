import { createHash, KeyObject, sign } from "node:crypto";
import type { Authority } from "./authority.ts";
import { subjectOf } from "./certificate-id.ts";
import {
  BIT_STRING,
  contentOf,
  element,
  encode,
  INTEGER,
  OCTET_STRING,
  oid,
  SEQUENCE,
  SET,
  UTF8_STRING,
} from "./der.ts";
import { makeSerial } from "./generate.ts";
import { writePem } from "./pem.ts";
import { spkiOf } from "./public-key.ts";
import type { SigningRequest } from "./signing-request.ts";
import { SubjectKeyIdentifierExtension } from "./x509.ts";

// Written by hand, and not by the library that makes all other certificates: a server does it for every device again and
// again, and the library takes 3 ms of its only thread for each, most of which is not the signature.

/** From when to when a certificate is good, in milliseconds since the epoch. */
export interface Period {
  readonly starts: number;
  readonly ends: number;
}

/** Tags of ASN.1 that nothing else needs. */
const BOOLEAN = 0x01;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
/** The version and the extensions of a certificate, and which key signed it in the extension for that. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const KEY_IDENTIFIER = 0x80;

const ECDSA_WITH_SHA256 = encode(SEQUENCE, oid("2a8648ce3d040302"));
const [COMMON_NAME, UNIT] = [oid("550403"), oid("55040b")];
const [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE] = [oid("551d13"), oid("551d0f"), oid("551d25")];
const [SUBJECT_KEY, AUTHORITY_KEY] = [oid("551d0e"), oid("551d23")];
const CRITICAL = encode(BOOLEAN, Buffer.from([0xff]));
/** No CA; to sign handshakes; as a client. */
const USES = [
  encode(SEQUENCE, BASIC_CONSTRAINTS, CRITICAL, encode(OCTET_STRING, encode(SEQUENCE))),
  encode(SEQUENCE, KEY_USAGE, CRITICAL, encode(OCTET_STRING, encode(BIT_STRING, Buffer.from([7, 0x80])))),
  encode(SEQUENCE, EXTENDED_KEY_USAGE, encode(OCTET_STRING, encode(SEQUENCE, oid("2b06010505070302")))),
];

/**
 * Issues a device's certificate for the key and the name of a request (RFC 5280, 4.1). It does not end after its
 * authority: every verifier refuses it then. @returns it in PEM
 */
export async function issueForRequest(
  { certificate: issuer, key }: Authority,
  { name, publicKey }: SigningRequest,
  { starts, ends }: Period,
): Promise<string> {
  const spki = spkiOf(publicKey);
  const issuerDer = Buffer.from(issuer.rawData);
  const signed = encode(
    SEQUENCE,
    encode(VERSION, encode(INTEGER, Buffer.from([2]))),
    encode(INTEGER, Buffer.from(makeSerial(), "hex")),
    ECDSA_WITH_SHA256,
    subjectOf(issuerDer),
    encode(SEQUENCE, timeOf(starts), timeOf(Math.min(ends, issuer.notAfter.getTime()))),
    encode(SEQUENCE, nameOf(UNIT, "device"), nameOf(COMMON_NAME, name)),
    spki,
    encode(EXTENSIONS, encode(SEQUENCE, ...USES, ...keysOf(spki, issuer))),
  );
  const signature = sign("sha256", signed, KeyObject.from(key));
  const der = encode(SEQUENCE, signed, ECDSA_WITH_SHA256, encode(BIT_STRING, Buffer.from([0]), signature));
  return writePem("CERTIFICATE", der);
}

function nameOf(type: Buffer, value: string): Buffer {
  return encode(SET, encode(SEQUENCE, type, encode(UTF8_STRING, Buffer.from(value))));
}

/** With two digits of the year up to 2049 (RFC 5280, 4.1.2.5). */
function timeOf(milliseconds: number): Buffer {
  const date = new Date(milliseconds);
  const digits = `${date.toISOString().replace(/\..*/, "").replace(/[-:T]/g, "")}Z`;
  const isShort = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return encode(isShort ? UTC_TIME : GENERALIZED_TIME, Buffer.from(isShort ? digits.slice(2) : digits));
}

/** Which key it is for, and which has signed it, as the issuer calls that itself. */
function keysOf(spki: Buffer, issuer: Authority["certificate"]): readonly Buffer[] {
  const own = keyId(spki);
  const named = issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  const signer =
    named === undefined ? keyId(Buffer.from(issuer.publicKey.rawData)) : Buffer.from(named, "hex");
  return [
    encode(SEQUENCE, SUBJECT_KEY, encode(OCTET_STRING, encode(OCTET_STRING, own))),
    encode(SEQUENCE, AUTHORITY_KEY, encode(OCTET_STRING, encode(SEQUENCE, encode(KEY_IDENTIFIER, signer)))),
  ];
}

/** SHA-1 of the bits of a public key (RFC 5280, 4.2.1.2): no more than a name. */
function keyId(spki: Buffer): Buffer {
  const whole = element(spki, 0, SEQUENCE);
  const algorithm = element(spki, whole.content, SEQUENCE);
  const bits = contentOf(spki, element(spki, algorithm.end, BIT_STRING));
  return createHash("sha1").update(bits.subarray(1)).digest();
}
