import type { IncomingHttpHeaders } from "node:http";
import { IMMUTABLE, Reply } from "./reply.ts";

/** True when the asker holds it already: If-None-Match, a list of tags or `*`, compared weakly (RFC 9110, section 13.1.2). */
export function isKnown({ "if-none-match": header = "" }: IncomingHttpHeaders, etag: string): boolean {
  return header.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
}

/**
 * The answer to who holds something of one of these names already, said before anything is looked up: what is named by
 * a digest never changes. `*` is not answered: it asks whether there is anything.
 */
export function notModified(
  request: IncomingHttpHeaders,
  names: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Reply | undefined {
  if (request["if-none-match"]?.trim() === "*") return undefined;
  const etag = names.map((name) => `"${name}"`).find((tag) => isKnown(request, tag));
  return etag === undefined ? undefined : new Reply(304, { ...IMMUTABLE, ...headers, etag });
}
