import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Result } from "../../src/cli/command.ts";
import { renew } from "../../src/commands/renew.ts";
import { withServer } from "../answering-server.ts";
import { contextOf } from "../context.ts";
import { device } from "../device.ts";

type Flags = Parameters<typeof renew.handler>[0];

/** No flag. */
const NONE = { all: false, connected: false, disconnected: false, drift: false } as Flags;

/** What renewing gives where these devices are, of which some cannot, and what was asked for. */
async function renewing(flags: Partial<Flags>, ids: readonly string[], cannot: readonly string[] = []) {
  const asked: { readonly query: object; readonly ids: readonly string[] }[] = [];
  let result: Result = { data: undefined };
  await withServer(
    ({ path, query }) => {
      if (path === "/v1/devices") {
        asked.push({ query, ids: [] });
        return ids.map((id) => ({ ...device("in-sync"), id }));
      }
      return { devices: ids.length - cannot.length, cannot };
    },
    async (client, requests) => {
      result = (await renew.handler({ ...NONE, ...flags }, contextOf(client, []))) as Result;
      for (const { path, body } of requests)
        if (path === "/v1/renewal-wishes") asked.push({ query: {}, ...JSON.parse(await body) });
    },
  );
  return { ...result, asked };
}

suite("renew", () => {
  test("asks the one that is named, without looking for others", async () => {
    const { data, asked } = await renewing({ id: "d-1" }, ["d-1"]);
    assert.deepEqual(asked, [{ query: {}, ids: ["d-1"] }]);
    assert.deepEqual(data, { devices: 1 });
  });

  test("asks those that flags choose, and names who cannot", async () => {
    const { data, asked, failure } = await renewing({ issuer: "old" }, ["d-1", "d-2"], ["d-2"]);
    assert.deepEqual(asked[0], { query: { issuer: "old", limit: "1000" }, ids: [] });
    assert.deepEqual(asked[1]?.ids, ["d-1", "d-2"]);
    assert.match(JSON.stringify(data), /"devices":1,"cannot":\["d-2"\]/);
    assert.equal(failure, undefined);
  });

  test("fails when the one that is named cannot", async () => {
    const { failure } = await renewing({ id: "d-1" }, ["d-1"], ["d-1"]);
    assert.equal(failure?.code, "AGENT_TOO_OLD");
  });

  test("is for whom it says: no flag is not all, and one is not with all", async () => {
    for (const flags of [{}, { id: "d", all: true }, { all: true, issuer: "x" }, { id: "d", issuer: "x" }])
      await assert.rejects(renewing(flags, []), { code: "USAGE" });
    const { data } = await renewing({ all: true }, ["d-1"]);
    assert.deepEqual(data, { devices: 1 });
  });
});
