import type { X509Certificate } from "node:crypto";
import { SERVER_AUTH } from "@jamesd/model";

/** What a certificate is to be used as. */
export type Purpose = "client" | "server";

/** RFC 5280, section 4.2.1.12. */
const USAGES: Readonly<Record<Purpose, string>> = {
  client: "1.3.6.1.5.5.7.3.2",
  server: SERVER_AUTH,
};

/** What a certificate says that it is for; undefined: it does not restrict it. */
export function usagesOf(certificate: X509Certificate): readonly string[] | undefined {
  // Node's name for the *extended* key usages.
  return certificate.keyUsage as readonly string[] | undefined;
}

/** True of a certificate that does not say that it is for something else alone. */
export function mayBeUsedAs(certificate: X509Certificate, purpose: Purpose): boolean {
  return usagesOf(certificate)?.includes(USAGES[purpose]) ?? true;
}
