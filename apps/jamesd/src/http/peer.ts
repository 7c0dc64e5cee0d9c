import type { TLSSocket } from "node:tls";

/** What a client has shown of itself in a handshake. */
export interface Peer {
  /** The subject of its certificate, proved or not. */
  readonly name: string | undefined;
  /** Why it is refused; undefined: its certificate is of our CA, valid now, and a client's. */
  readonly problem: string | undefined;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  INVALID_PURPOSE: "its certificate is not a client's",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
};

/** Looks at a client whose handshake is done. */
export function peerOf(socket: TLSSocket): Peer {
  const certificate = socket.getPeerX509Certificate();
  const name = certificate?.subject.replaceAll("\n", ", ");
  // Asked for first: a session that is resumed without a certificate counts as authorised for TLS.
  if (!certificate) return { name, problem: "it has no certificate" };
  if (socket.authorized) return { name, problem: undefined };
  const code = String(socket.authorizationError);
  return { name, problem: `${PROBLEMS[code] ?? "its certificate is not of our CA"} (${code})` };
}

/** Why a handshake came to nothing, in words. */
export function handshakeProblem({
  code,
  message,
  reason,
}: Error & { code?: string; reason?: string }): string {
  if (code === "ERR_TLS_HANDSHAKE_TIMEOUT") return "it did not end the handshake in time";
  return reason ?? message;
}
