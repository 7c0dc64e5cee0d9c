import { isIP } from "node:net";
import { JamesError } from "@jamesd/model";

/** One name that a server's certificate is good for. */
export interface SanEntry {
  readonly type: "dns" | "ip";
  readonly value: string;
}

/** What a server's certificate covers besides its own name when nothing else is asked for. */
export const DEFAULT_SAN: readonly string[] = ["localhost", "127.0.0.1", "::1"];

const DNS_NAME =
  /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/** Reads a host name, a wildcard such as `*.example.com`, or an IP address. @throws JamesError NAME_INVALID */
export function parseSan(text: string): SanEntry {
  // A scope such as fe80::1%eth0 means something on one machine only; a certificate has no place for it.
  if (isIP(text) !== 0 && !text.includes("%")) return { type: "ip", value: text };
  if (text.length <= 253 && DNS_NAME.test(text)) return { type: "dns", value: text };
  throw new JamesError("NAME_INVALID", `${JSON.stringify(text)} is neither a host name nor an IP address`, {
    hint: "Write names such as jamesd.example.com or addresses such as 10.0.0.1, separated by commas.",
  });
}

/** The entries of a server's certificate: its own name first, each once. @throws JamesError NAME_INVALID */
export function sanOf(name: string, others: readonly string[]): SanEntry[] {
  return [...new Set([name, ...others])].map(parseSan);
}
