// The agent uses this file on Node 20: nothing newer and no library here.
import type { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { isoTime, type JamesError, serverCertificateProblem } from "@jamesd/model";
import { invalid, oneLine, parseCertificates, parseKey, readText } from "./pem.ts";
import { mayBeUsedAs, type Purpose, usagesOf } from "./purpose.ts";
import { isIssuedBy } from "./vouching.ts";

/** The three PEM files of a program that speaks mutual TLS. */
export interface CredentialPaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Their contents, ready for `node:tls`, and where they came from, for messages. */
export interface Credentials extends CredentialPaths {
  readonly paths: CredentialPaths;
  /** The certificate's issuer need not be in `ca`, which vouches for the other side alone. */
  readonly isIssuedElsewhere?: boolean;
}

/** What others may not: members of the file's group may read a key, all others nothing. */
const OTHERS = 0o027;

/**
 * Reads the files and sees that key and certificate belong together. It does not look at the clock:
 * see `checkCredentials`. @throws JamesError FILE_UNREADABLE, CERTIFICATE_INVALID, naming the file
 */
export function loadCredentials(paths: CredentialPaths): Credentials {
  return checkPair({ ca: readText(paths.ca), cert: readText(paths.cert), key: readText(paths.key), paths });
}

/** The same of texts that were read already. @throws JamesError CERTIFICATE_INVALID, naming the file */
export function checkPair(credentials: Credentials): Credentials {
  const { paths } = credentials;
  parseCertificates(credentials.ca, paths.ca);
  const [own] = parseCertificates(credentials.cert, paths.cert);
  if (!own.checkPrivateKey(parseKey(credentials.key, paths.key)))
    throw invalid(
      `the key ${paths.key} does not belong to the certificate ${paths.cert}`,
      "Name the .crt and .key that were made together.",
    );
  return credentials;
}

/**
 * What is wrong with credentials at this moment (milliseconds), for the use they are put to; undefined when nothing is.
 * A server lets a bad client find out by a bare TLS alert only; this says why.
 */
export function checkCredentials(
  credentials: Credentials,
  now: number,
  purpose: Purpose,
): JamesError | undefined {
  const { ca, cert, paths } = credentials;
  if (credentials.isIssuedElsewhere) return checkOwn(credentials, now, purpose);
  const authorities = parseCertificates(ca, paths.ca);
  const [own, ...intermediates] = parseCertificates(cert, paths.cert);
  const chain = chainTo(own, intermediates, authorities);
  if (!chain)
    return invalid(
      `the certificate ${paths.cert} was not issued by the CA in ${paths.ca}: its issuer is ${oneLine(own.issuer)}, the CA is ${oneLine(authorities[0].subject)}`,
      "Use the ca.crt, .crt and .key of one and the same CA.",
    );
  const rootless = checkRoot(chain.at(-1), authorities, paths.ca);
  if (rootless) return rootless;
  const ownProblem = checkPeriod(own, paths.cert, now) ?? checkPurpose(own, paths.cert, purpose);
  if (ownProblem) return ownProblem;
  return chain
    .map((issuer) => checkPeriod(issuer, authorities.includes(issuer) ? paths.ca : paths.cert, now))
    .find((problem) => problem !== undefined);
}

/** The same but for who issued it. */
function checkOwn({ cert, paths }: Credentials, now: number, purpose: Purpose): JamesError | undefined {
  const certificates = parseCertificates(cert, paths.cert);
  return (
    checkPurpose(certificates[0], paths.cert, purpose) ??
    certificates.map((one) => checkPeriod(one, paths.cert, now)).find((problem) => problem !== undefined)
  );
}

/** Who vouches for a program, at the end of its chain: what is signed by it is what others can find out. @throws JamesError CERTIFICATE_INVALID */
export function rootOf({ ca, cert, paths }: Credentials): X509Certificate {
  const authorities = parseCertificates(ca, paths.ca);
  const [own, ...intermediates] = parseCertificates(cert, paths.cert);
  const last = chainTo(own, intermediates, authorities)?.at(-1);
  if (last) return topOf(last, authorities);
  throw invalid(
    `the certificate ${paths.cert} was not issued by the CA in ${paths.ca}`,
    "Use files of one CA.",
  );
}

/** How long a program's certificates may last when it looks again whether they end. */
export const LOOK_AGAIN_MS = 86_400_000;
const WARN_MS = 30 * LOOK_AGAIN_MS;

/** True of a certificate that ends within 30 days of `now`, or has ended; both in milliseconds. */
export function endsSoon(end: number, now: number): boolean {
  return end - now <= WARN_MS;
}

/**
 * What to say of the certificate, own or of an issuer, that ends first, when that is within 30 days of `now`
 * (milliseconds); undefined else. Of one that has ended `checkCredentials` says so.
 */
export function endingSoon({ ca, cert, paths }: Credentials, now: number): string | undefined {
  const authorities = parseCertificates(ca, paths.ca);
  const [own, ...intermediates] = parseCertificates(cert, paths.cert);
  const chain = [own, ...(chainTo(own, intermediates, authorities) ?? [])];
  const ends = chain.map((one) => ({
    path: authorities.includes(one) ? paths.ca : paths.cert,
    end: Date.parse(one.validTo),
  }));
  const first = ends.reduce((before, one) => (one.end < before.end ? one : before));
  return first.end < now ? undefined : endText(first.path, first.end, now);
}

/** What to say of a certificate of a file that ends, or has ended, by 30 days from `now`, both in milliseconds; undefined else. */
export function endText(path: string, end: number, now: number): string | undefined {
  if (!endsSoon(end, now)) return undefined;
  if (end < now) return `the certificate ${path} ended at ${isoTime(end)}: issue a new one`;
  return `the certificate ${path} ends at ${isoTime(end)}, in ${Math.floor((end - now) / LOOK_AGAIN_MS)} days: issue a new one before`;
}

/** What to say when others than its owner and its group can read the key, or others than its owner write it; undefined else. */
export function exposedKey({ key }: Pick<CredentialPaths, "key">, what = "private key"): string | undefined {
  const mode = statSync(key, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return undefined;
  return `others can read or change the ${what} ${key}, whose mode is ${(mode & 0o777).toString(8)}: chmod 600 it`;
}

/** True when an authority that other credentials trust is not among those that these do. */
export function lacksAuthority({ ca, paths }: Credentials, others: Credentials): boolean {
  const here = new Set(parseCertificates(ca, paths.ca).map(({ fingerprint256 }) => fingerprint256));
  const there = parseCertificates(others.ca, others.paths.ca);
  return there.some(({ fingerprint256 }) => !here.has(fingerprint256));
}

/** The issuers from the certificate's own up to one of the CA's file; undefined when there is no way to it. */
function chainTo(
  own: X509Certificate,
  intermediates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  const authority = authorities.find((candidate) => isIssuedBy(own, candidate));
  if (authority) return [authority];
  const next = intermediates.find((candidate) => isIssuedBy(own, candidate));
  if (!next) return undefined;
  const rest = chainTo(
    next,
    intermediates.filter((other) => other !== next),
    authorities,
  );
  return rest && [next, ...rest];
}

/** The last of those that vouch for an authority one after the other: itself when it is a root, or nobody else does. */
function topOf(authority: X509Certificate, authorities: readonly X509Certificate[]): X509Certificate {
  if (isIssuedBy(authority, authority)) return authority;
  const others = authorities.filter((other) => other !== authority);
  const issuer = others.find((other) => isIssuedBy(authority, other));
  return issuer ? topOf(issuer, others) : authority;
}

// OpenSSL trusts a chain only when it ends in a root; by what is between alone nobody is let in.
function checkRoot(
  authority: X509Certificate | undefined,
  authorities: readonly X509Certificate[],
  path: string,
): JamesError | undefined {
  const top = authority && topOf(authority, authorities);
  if (top === undefined || isIssuedBy(top, top)) return undefined;
  return invalid(
    `${path} lacks the root: ${oneLine(top.subject)} in it is an intermediate, issued by ${oneLine(top.issuer)}`,
    "Add the certificate of that root to the file.",
  );
}

function checkPeriod(certificate: X509Certificate, path: string, now: number): JamesError | undefined {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  // A time is written only when there is something to say: Node 20 reads its tables of zones for it.
  const clock = (): string => `this machine's clock says ${isoTime(now)}`;
  if (now < from)
    return invalid(`${path} is not valid before ${isoTime(from)}; ${clock()}`, "Set the clock right.");
  if (now > to)
    return invalid(
      `${path} expired at ${isoTime(to)}; ${clock()}`,
      "Issue a new one, or set the clock right.",
    );
  return undefined;
}

function checkPurpose(certificate: X509Certificate, path: string, purpose: Purpose): JamesError | undefined {
  if (purpose === "server") return checkServerUse(certificate, path);
  if (mayBeUsedAs(certificate, purpose)) return undefined;
  return invalid(
    `the certificate ${path} may not be used as a client`,
    "Use one that pkitool --add-client, --add-operator or --add-viewer made.",
  );
}

function checkServerUse(certificate: X509Certificate, path: string): JamesError | undefined {
  const units = [certificate.toLegacyObject().subject?.OU ?? []].flat();
  const problem = serverCertificateProblem({ usages: usagesOf(certificate), units });
  if (problem === undefined) return undefined;
  return invalid(
    `no client accepts the certificate ${path}: ${problem}`,
    "Use one that pkitool --add-server made, or one with extendedKeyUsage=serverAuth.",
  );
}
