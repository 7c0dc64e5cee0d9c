import { isoTime, JamesError, type Scope } from "@jamesd/model";
import type { Authority, PemPair } from "./authority.ts";
import { scopeUri } from "./certified-scope.ts";
import { DAY, ECDSA, exportKey, makeKeys, makeSerial, validity } from "./generate.ts";
import { DEFAULT_SAN, type SanEntry, sanOf } from "./san.ts";
import { parseSubjectName } from "./subject.ts";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "./x509.ts";

/** Whom a certificate is for; it stands in the subject's OU. */
export type CertificateKind = "server" | "device" | "operator" | "viewer";

type AlternativeName = SanEntry | { readonly type: "url"; readonly value: string };

/** What to issue. */
export interface CertificateRequest {
  readonly kind: CertificateKind;
  /** The common name: the id of a device, the name of a person, the host name of a server. */
  readonly name: string;
  /** More names and addresses for a server; `DEFAULT_SAN` when left out. */
  readonly san?: readonly string[] | undefined;
  /** What of the fleet an operator may change; all, when left out. */
  readonly scope?: Scope | undefined;
  /** How long it is good for; `DEFAULT_DAYS` when left out. */
  readonly days?: number | undefined;
}

export const DEFAULT_DAYS = 730;

/**
 * Issues a certificate with a new key. A server's is good for being a server and the others for being a client only,
 * so that a stolen device cannot pose as the server. `now` in milliseconds.
 * @throws JamesError NAME_INVALID, USAGE when it would outlive the authority
 */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
  now: number,
): Promise<PemPair> {
  const name = parseSubjectName(request.name);
  const san = alternativeNames(name, request);
  const period = validity(now, request.days ?? DEFAULT_DAYS);
  checkOutlives(authority, period.notAfter, now);
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: new Name([{ OU: [{ utf8String: request.kind }] }, { CN: [{ utf8String: name }] }]),
    issuer: authority.certificate.subjectName,
    ...period,
    signingAlgorithm: ECDSA,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      ...usageExtensions(request.kind, san),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: await exportKey(keys.privateKey) };
}

function alternativeNames(
  name: string,
  { kind, san, scope }: CertificateRequest,
): readonly AlternativeName[] {
  if (kind === "server") return sanOf(name, san ?? DEFAULT_SAN);
  return scope ? [{ type: "url", value: scopeUri(scope) }] : [];
}

function usageExtensions(kind: CertificateKind, san: readonly AlternativeName[]) {
  const purpose = kind === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([purpose]),
    ...(san.length > 0 ? [new SubjectAlternativeNameExtension([...san])] : []),
  ];
}

// Every verifier refuses a certificate whose authority has expired: better said now than found out then.
function checkOutlives(authority: Authority, notAfter: Date, now: number): void {
  const end = authority.certificate.notAfter;
  if (notAfter <= end) return;
  const left = Math.max(0, Math.floor((end.getTime() - now) / DAY));
  throw new JamesError(
    "USAGE",
    `the certificate would outlive its CA, which ends ${isoTime(end.getTime())}`,
    {
      hint: left > 0 ? `Ask for at most ${left} days (--days ${left}).` : "Make a new CA in another folder.",
    },
  );
}
