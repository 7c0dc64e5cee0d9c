import type { IncomingHttpHeaders } from "node:http";
import { sha256 } from "@jamesd/model";
import type { Summaries, Summary } from "../fleet/summaries.ts";
import { isKnown } from "./conditional.ts";
import { JSON_TYPE, Reply } from "./reply.ts";
import { wireSummary } from "./v1/summary.ts";

/** A summary as it is sent. */
interface Said {
  readonly text: string;
  readonly etag: string;
}

/** Everybody who waits looks at the same one each second. */
const SAID = new WeakMap<Summary, Said>();

/** How the fleet is; 304 to who knows it already, after it waited for something else as long as it likes to. */
export async function summaryReply(
  summaries: Pick<Summaries, "next">,
  headers: IncomingHttpHeaders,
  waitMs: number,
  signal: AbortSignal,
): Promise<Reply> {
  const isOld = (summary: Summary): boolean => isKnown(headers, saidOf(summary).etag);
  const { text, etag } = saidOf(await summaries.next(isOld, waitMs, signal));
  // Whoever keeps it asks each time whether it is still so.
  const said = { etag, "cache-control": "no-cache" };
  if (isKnown(headers, etag)) return new Reply(304, said);
  return new Reply(200, { ...JSON_TYPE, ...said }, text);
}

function saidOf(summary: Summary): Said {
  const known = SAID.get(summary);
  if (known) return known;
  const text = JSON.stringify(wireSummary(summary));
  const said = { text, etag: `"${sha256(text)}"` };
  SAID.set(summary, said);
  return said;
}
