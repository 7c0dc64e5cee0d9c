import type { Readable } from "node:stream";
import { JamesError } from "@jamesd/model";
import { type Route, safeParse } from "@jamesd/protocol";

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
  if (route.body === "bytes") {
    if (given && typeof (given as Readable).pipe === "function") return given;
    throw new JamesError("REQUEST_INVALID", "the body must be application/octet-stream");
  }
  const parsed = safeParse(route.body, given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new JamesError("REQUEST_INVALID", `the request is not valid: ${where}${issue?.message ?? "unknown"}`);
}
