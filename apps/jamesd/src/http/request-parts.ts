import type { Readable } from "node:stream";
import { JamesError, whole } from "@jamesd/model";
import { parseInSteps, type Route } from "@jamesd/protocol";
import type { z } from "zod";
import { inSlices } from "../running/slices.ts";

/** A body that is longer, in bytes, is judged in slices. */
const JUDGED_AT_ONCE = 16 * 1024;

/** The query of a request, as its route allows it. @throws JamesError REQUEST_INVALID */
export function parseQuery(route: Route, given: unknown): Record<string, string> {
  const query = given as Record<string, unknown>;
  for (const [name, value] of Object.entries(query)) {
    if (!route.query?.includes(name))
      throw new JamesError("REQUEST_INVALID", `${route.path} has no query parameter ${JSON.stringify(name)}`);
    if (typeof value !== "string")
      throw new JamesError("REQUEST_INVALID", `the query parameter ${name} is given twice`);
  }
  return query as Record<string, string>;
}

/** The body of a request by its route's schema, or the stream that it is. @throws JamesError REQUEST_INVALID */
export function parseBody(route: Route, given: unknown): unknown {
  if (route.body === undefined) return undefined;
  if (route.body !== "bytes") return fitting(whole(parseInSteps(route.body, given)));
  if (given && typeof (given as Readable).pipe === "function") return given;
  throw new JamesError("REQUEST_INVALID", "the body must be application/octet-stream");
}

/** The same of a body of so many bytes, of a longer one while others run: a check-in has rarely so many. @throws JamesError REQUEST_INVALID */
export async function parseSizedBody(route: Route, given: unknown, bytes: number): Promise<unknown> {
  if (route.body === undefined || route.body === "bytes" || bytes <= JUDGED_AT_ONCE)
    return parseBody(route, given);
  return fitting(await inSlices(parseInSteps(route.body, given)));
}

function fitting({ success, data, error }: z.ZodSafeParseResult<unknown>): unknown {
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new JamesError(
    "REQUEST_INVALID",
    `the request is not valid: ${where}${issue ? wordsOf(issue) : "unknown"}`,
  );
}

/** What is wrong. People come to bounds with tags, apps and texts: those are told in words of their own. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "too_big") return issue.message;
  if (issue.origin === "array") return `more than ${issue.maximum} of them`;
  return issue.origin === "string" ? `longer than ${issue.maximum} characters` : issue.message;
}
