import type { X509Certificate } from "node:crypto";
import { JamesError, parseScopeText, type Scope, scopeText } from "@jamesd/model";

/** The scheme of the URI among a certificate's alternative names that says what an operator may change. */
const SCHEME = "jamesd-scope:";

/** One alternative name as Node writes it: a text with characters that could mislead is in quotes, as JSON (CVE-2021-44532). */
const ENTRY = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** The alternative name of a certificate that a scope is written in. */
export function scopeUri(scope: Scope): string {
  return SCHEME + scopeText(scope);
}

/**
 * What a certificate says that its holder may change, who has the role of an operator; undefined: it says nothing of that.
 * @throws JamesError CERTIFICATE_INVALID when it says so in a way that is not understood, or twice
 */
export function certifiedScope(certificate: X509Certificate, name: string): Scope | undefined {
  const { subjectAltName = "" } = certificate;
  if (!subjectAltName.toLowerCase().includes(SCHEME)) return undefined;
  const [uri, ...more] = urisOf(subjectAltName).filter((one) => one.toLowerCase().includes(SCHEME));
  if (uri === undefined || more.length > 0 || !uri.startsWith(SCHEME))
    throw malformed(name, `there is not one name that begins with ${SCHEME}`);
  try {
    return parseScopeText(uri.slice(SCHEME.length));
  } catch (cause) {
    throw malformed(name, JamesError.from(cause).message, cause);
  }
}

/** The URIs among alternative names; none, when these are not understood. */
function urisOf(names: string): readonly string[] {
  const found: string[] = [];
  ENTRY.lastIndex = 0;
  for (let at = 0; at < names.length; at = ENTRY.lastIndex) {
    const [whole, kind, value = ""] = ENTRY.exec(names) ?? [];
    if (!whole) return [];
    if (kind === "URI") found.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return found;
}

function malformed(name: string, why: string, cause?: unknown): JamesError {
  return new JamesError(
    "CERTIFICATE_INVALID",
    `the scope in the certificate of ${name} is not clear: ${why}`,
    {
      hint: "Issue one whose subjectAltName has one URI such as jamesd-scope:devices=given:lab&packets=acme-.",
      cause,
    },
  );
}
