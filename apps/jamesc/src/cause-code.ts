import type { JamesError } from "@jamesd/model";

// With TLS 1.3 a server that refuses our certificate, or wants one, may just hang up.
const HANG_UPS = new Set(["ECONNRESET", "EPIPE"]);

/** What the system or TLS calls that which an error came of; nothing when neither said anything. */
export function causeCode({ cause }: JamesError): string {
  const { code = "" } = (cause ?? {}) as NodeJS.ErrnoException;
  return code;
}

/** True when the connection ended in a way that may be how a server refuses it. */
export function isHangUp(error: JamesError): boolean {
  return HANG_UPS.has(causeCode(error));
}
