import assert from "node:assert/strict";
import { test } from "node:test";
import { readFlags } from "@jamesd/config";
import { sha256 } from "@jamesd/model";
import type { Result } from "../../src/cli/command.ts";
import { whichPacket } from "../../src/commands/which-packet.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";

const digest = sha256("packet");
const entry = { type: "file", path: "opt/x", mode: 0o644, uid: 0, gid: 0, size: 3, digest: sha256("x") };
const OWNER = { digest, name: "vpn", tags: ["v1"], entry, devices: 3, ids: ["a", "b"] };

/** What is asked for, and what comes of it, when the server gives these pages. */
async function which(path: string, pages: readonly object[], id?: string) {
  const flags = readFlags(
    { values: id === undefined ? {} : { id }, words: [path], name: "", called: "" },
    whichPacket.options,
  );
  let result: Result | undefined;
  let queries: unknown[] = [];
  await withServer(
    (_, turn) => pages[turn] ?? {},
    async (client, asked) => {
      result = (await whichPacket.handler(flags, contextOf(client))) as Result;
      queries = asked.map(({ query }) => query);
    },
  );
  return { result, queries };
}

test("all pages are asked for, and shown as one", async () => {
  const pages = [
    { found: [OWNER], after: 7 },
    { found: [], after: 9 },
    { found: [{ ...OWNER, devices: 0, ids: [] }] },
  ];
  const { result, queries } = await which("//opt/./x/", pages, "d");
  assert.deepEqual(queries, [
    { path: "opt/x", device: "d" },
    { path: "opt/x", device: "d", after: "7" },
    { path: "opt/x", device: "d", after: "9" },
  ]);
  const row = ["vpn", "v1", digest.slice(0, 12), "/opt/x", "0644 0:0 3"];
  assert.deepEqual(result?.table?.rows, [
    [...row, "a,b and 1 more"],
    [...row, "-"],
  ]);
});

test("a path that no packet has is said to be so, and what is none is refused before anybody is asked", async () => {
  await assert.rejects(which("/opt/x", [{ found: [] }]), {
    code: "PATH_UNKNOWN",
    message: "no packet has /opt/x",
  });
  await assert.rejects(which("/opt/x", [{ found: [] }], "d"), { message: "no packet on d has /opt/x" });
  for (const path of ["/", "..", "../x", "."]) await assert.rejects(which(path, []), { code: "USAGE" });
});
