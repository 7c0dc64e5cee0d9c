import { JamesError } from "@jamesd/model";
import type { PathQuery } from "../packets/path-search.ts";
import { countOf, type Query } from "./query.ts";

/** No path of a packet is longer. */
const MAX_PATH = 4096;

/** Reads what path to look for. @throws JamesError REQUEST_INVALID */
export function parsePathQuery(query: Query): PathQuery {
  const { path = "", device } = query;
  if (path === "" || path.length > MAX_PATH || path.startsWith("/"))
    throw new JamesError("REQUEST_INVALID", "path is not one of a packet", {
      hint: "Such as usr/bin/openvpn: below the install root, without a slash at its beginning.",
    });
  return { path, device, after: countOf(query, "after") };
}
