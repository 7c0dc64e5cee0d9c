import { type Asset, type Assets, compressedContent, plainContent } from "./asset.ts";

/** What every answer says: pages take nothing from elsewhere, are in no frame, and tell nobody where they were. */
const ALWAYS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

const NOTHING_ELSE = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Of pages and what they consist of. */
const OF_PAGES = {
  ...ALWAYS,
  "content-security-policy": `default-src 'self'; img-src 'self' data:; ${NOTHING_ELSE}`,
  "cache-control": "no-cache",
} as const;

/** Of what the server answers: opened as a page, it is none, whatever is in it. */
export const OF_ANSWERS = {
  ...ALWAYS,
  "content-security-policy": `default-src 'none'; sandbox; ${NOTHING_ELSE}`,
} as const;

/** An answer with a page, or with what one consists of. */
export interface Served {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Buffer;
}

/** That somebody takes gzip, and does not say that they do so at no price (RFC 9110, 12.5.3). */
const TAKES_GZIP = /(?:^|[\s,])gzip\s*(?:$|,|;\s*q=(?!0(?:\.0*)?\s*(?:$|,)))/i;

/**
 * What is at a path; undefined: nothing. Every place in the dashboard is the one page: what is shown there it finds itself.
 * @param accepted the encodings that somebody takes, as their request says
 */
export function servedAt(assets: Assets, path: string, accepted = ""): Served | undefined {
  const asset: Asset | undefined = Object.hasOwn(assets, path) ? assets[path] : undefined;
  // Only at the top there are files; below, a dot is one of an id.
  const isPlace = !/^\/[^/]*\.[^/]*$/.test(path);
  const found = asset ?? (isPlace ? assets["/"] : undefined);
  if (!found) return undefined;
  const headers = { ...OF_PAGES, "content-type": found.type, vary: "accept-encoding" };
  if (!TAKES_GZIP.test(accepted)) return { headers, content: plainContent(found) };
  return { headers: { ...headers, "content-encoding": "gzip" }, content: compressedContent(found) };
}
