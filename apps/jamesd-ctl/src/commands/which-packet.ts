import { posix } from "node:path";
import { parsed, positional } from "@jamesd/config";
import type { Table } from "@jamesd/config/print";
import { entryText, JamesError, shortDigest } from "@jamesd/model";
import type { Client, PathPage } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { entryView } from "../views/packet-view.ts";
import { anyDeviceFlag } from "./id-flags.ts";

type Owner = PathPage["found"][number];

/** Prints which packets have a path, and which devices have them. */
export const whichPacket = defineCommand({
  name: "which-packet",
  aliases: [],
  summary: "print which packets have a path, and on which devices they are installed",
  options: {
    path: positional(parsed({ value: "PATH", help: "the path on a device", parse: parsePath })),
    id: anyDeviceFlag,
  },
  defaultFormat: "table",
  async handler({ path, id }, { connect, signal }) {
    const found = await ownersOf(connect(), { path, device: id }, signal);
    if (found.length === 0)
      throw new JamesError("PATH_UNKNOWN", `no packet ${id === undefined ? "" : `on ${id} `}has /${path}`, {
        hint: "Names that links lead to are others; get-packet --output table lists what a packet has.",
      });
    return { data: found.map(ownerView), table: ownerTable(found) };
  },
});

/** All of them, in as many pages as they take. */
async function ownersOf(
  client: Client,
  query: { readonly path: string; readonly device: string | undefined },
  signal: AbortSignal,
): Promise<readonly Owner[]> {
  const found: Owner[] = [];
  let after: number | undefined;
  do {
    const page: PathPage = await client.call("findPath", {
      query: { ...query, after: after?.toString() },
      signal,
    });
    found.push(...page.found);
    after = page.after;
  } while (after !== undefined);
  return found;
}

function parsePath(given: string): string {
  const path = posix.normalize(given).replace(/^\/+|\/+$/g, "");
  if (path !== "" && path !== "." && !/^\.\.(\/|$)/.test(path)) return path;
  throw new JamesError("USAGE", `${JSON.stringify(given)} is no path of a packet`, {
    hint: "Give it as it is on the device: /usr/bin/openvpn.",
  });
}

function ownerView({ name, tags, digest, entry, devices, ids }: Owner) {
  return { name, tags, digest, entry: entryView(entry), devices, ids };
}

function ownerTable(found: readonly Owner[]): Table {
  return {
    columns: ["name", "tags", "digest", "path", "is", "devices"],
    rows: found.map(({ name, tags, digest, entry, devices, ids }) => [
      name,
      tags.join(",") || "-",
      shortDigest(digest),
      `/${entry.path}`,
      entryText(entry),
      devices === 0 ? "-" : ids.join(",") + (devices > ids.length ? ` and ${devices - ids.length} more` : ""),
    ]),
  };
}
