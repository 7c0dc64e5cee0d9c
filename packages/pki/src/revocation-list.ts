import { verify, type X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { nameDigest, plainSerial, subjectDigest } from "./certificate-id.ts";
import { bytesOf, element, INTEGER, SEQUENCE } from "./der.ts";
import { invalid, unreadable } from "./pem.ts";
import { X509Crl } from "./x509.ts";

/** The certificates that an authority has revoked (RFC 5280, 5). */
export interface RevocationList {
  /** As of `CertificateId`. */
  readonly issuer: string;
  /** The same in words. */
  readonly issuerName: string;
  /** As of `CertificateId`. */
  readonly serials: ReadonlySet<string>;
  /** When the authority wrote it, in milliseconds since the epoch. */
  readonly thisUpdate: number;
  /** When the authority promised the next one, in milliseconds since the epoch; undefined: it did not. */
  readonly nextUpdate: number | undefined;
}

const BEGIN = "-----BEGIN X509 CRL-----";
const PEM_LIST = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g;
/** Most bytes of a file of lists: some million certificates. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Most elements of ASN.1 in a list, of which each certificate takes three; the library's own bound is 3,000 certificates. */
const MAX_NODES = 4_000_000;

/**
 * Reads a file of lists, one after the other in PEM or a single one in DER; each has to be signed by one of these authorities.
 * @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID
 */
export function readRevocationLists(
  path: string,
  authorities: readonly X509Certificate[],
): readonly RevocationList[] {
  const bytes = readBytes(path);
  const text = bytes.toString("latin1");
  const blocks = text.match(PEM_LIST);
  // Of a list that is passed over everybody would be let in.
  if (blocks && text.split(BEGIN).length > blocks.length + 1)
    throw invalid(`${path} holds a list of revoked certificates without its end`, "Write the file anew.");
  return (blocks ?? [bytes]).map((block) => readList(block, authorities, path));
}

function readList(
  block: string | Buffer,
  authorities: readonly X509Certificate[],
  path: string,
): RevocationList {
  const crl = parse(block, path);
  const { signed, issuer } = partsOf(Buffer.from(crl.rawData));
  const name = nameDigest(issuer);
  // Of that name: a certificate of another issuer is not on it, whoever signed it.
  if (!authorities.some((one) => subjectDigest(one) === name && isSignedBy(crl, signed, one)))
    throw invalid(
      `the list of revoked certificates in ${path}, of ${crl.issuer}, is not signed by an authority of --ca`,
      "Give the list of an authority whose certificate is in the file of --ca.",
    );
  // RFC 5280, 5.2: what is critical and not understood forbids to use the list, as with one that is only a part.
  const unknown = crl.extensions.find(({ critical }) => critical);
  if (unknown)
    throw invalid(
      `the list of revoked certificates in ${path} has the critical extension ${unknown.type}, which is not understood`,
      "Give a whole list, as openssl ca -gencrl writes it.",
    );
  return {
    issuer: name,
    issuerName: crl.issuer,
    serials: new Set(crl.entries.map(({ serialNumber }) => plainSerial(serialNumber))),
    thisUpdate: crl.thisUpdate.getTime(),
    nextUpdate: crl.nextUpdate?.getTime(),
  };
}

function parse(block: string | Buffer, path: string): X509Crl {
  try {
    return new X509Crl(block, { berOptions: { maxNodes: MAX_NODES, maxContentLength: MAX_BYTES } });
  } catch (cause) {
    throw invalid(
      `${path} holds no list of revoked certificates that can be read`,
      "It is a CRL in PEM or DER.",
      cause,
    );
  }
}

// CertificateList ::= SEQUENCE { tbsCertList SEQUENCE { version INTEGER?, signature SEQUENCE, issuer Name
function partsOf(der: Buffer): { readonly signed: Buffer; readonly issuer: Buffer } {
  const signed = element(der, element(der, 0, SEQUENCE).content, SEQUENCE);
  const hasVersion = der[signed.content] === INTEGER;
  const algorithm = hasVersion ? element(der, signed.content, INTEGER).end : signed.content;
  const issuer = element(der, element(der, algorithm, SEQUENCE).end, SEQUENCE);
  return { signed: bytesOf(der, signed), issuer: bytesOf(der, issuer) };
}

function isSignedBy(crl: X509Crl, signed: Buffer, issuer: X509Certificate): boolean {
  const { hash } = crl.signatureAlgorithm as { readonly hash?: { readonly name: string } };
  try {
    const digest = hash?.name.replace("-", "").toLowerCase();
    return verify(digest, signed, issuer.publicKey, Buffer.from(crl.signature));
  } catch {
    return false; // a key of another kind than the signature's
  }
}

function readBytes(path: string): Buffer {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= MAX_BYTES) return bytes;
  } catch (cause) {
    throw unreadable(path, "Name the file with --crl.", cause);
  }
  throw invalid(`${path} is longer than ${MAX_BYTES} bytes`, "Give the list of the authority alone.");
}
