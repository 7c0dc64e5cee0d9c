import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

/** More are not between a certificate and its root. */
const MOST = 8;

/** The certificates that a client has shown besides its own: what is between that and the root, as far as it goes. None when a session was resumed. */
export function shownBeside(socket: TLSSocket): readonly X509Certificate[] {
  const found = new Map<string, X509Certificate>();
  let one = socket.getPeerCertificate(true).issuerCertificate;
  // A root is its own issuer.
  while (one && !found.has(one.fingerprint256) && found.size < MOST) {
    found.set(one.fingerprint256, new X509Certificate(one.raw));
    one = one.issuerCertificate;
  }
  return [...found.values()];
}
