import type { IncomingHttpHeaders } from "node:http";
import { sha256 } from "@jamesd/model";
import type { Summaries, Summary } from "../fleet/summaries.ts";
import { isKnown } from "./conditional.ts";
import { JSON_TYPE, Reply } from "./reply.ts";
import { wireSummary } from "./v1/summary.ts";

/** How the fleet is; 304 to who knows it already, after it waited for something else as long as it likes to. */
export async function summaryReply(
  summaries: Pick<Summaries, "next">,
  headers: IncomingHttpHeaders,
  waitMs: number,
  signal: AbortSignal,
): Promise<Reply> {
  const textOf = (summary: Summary): string => JSON.stringify(wireSummary(summary));
  const isOld = (summary: Summary): boolean => isKnown(headers, etagOf(textOf(summary)));
  const text = textOf(await summaries.next(isOld, waitMs, signal));
  const etag = etagOf(text);
  // Whoever keeps it asks each time whether it is still so.
  const said = { etag, "cache-control": "no-cache" };
  if (isKnown(headers, etag)) return new Reply(304, said);
  return new Reply(200, { ...JSON_TYPE, ...said }, text);
}

function etagOf(text: string): string {
  return `"${sha256(text)}"`;
}
