import type { IncomingHttpHeaders } from "node:http";

/** Milliseconds of `Prefer: wait=N` (RFC 7240, section 4.3); 0 without it. */
export function waitOf({ prefer }: IncomingHttpHeaders): number {
  const text = Array.isArray(prefer) ? prefer.join(",") : (prefer ?? "");
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(text) ?? [];
  return Number(seconds ?? 0) * 1000;
}
