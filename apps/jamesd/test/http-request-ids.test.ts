import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

test("a request is called the same in the log and to who is refused, whatever it calls itself", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await using server = await TestServer.start([], {}, {}, log);
  const lineOf = (id: unknown) => lines.find(({ request }) => request === id);
  const headers = { "x-request-id": "mine" };
  const refusals = [
    await server.send("admin", "GET", "/v1/devices/none", { headers }),
    await server.send("admin", "GET", "/v1/nowhere", { headers }),
    await server.send("watcher", "PUT", "/v1/devices/none/desired", { headers, body: { apps: [] } }),
  ];
  const ids = refusals.map(({ headers: { "x-request-id": id } }) => id);
  assert.equal(new Set(ids).size, 3);
  for (const [i, refusal] of refusals.entries()) {
    const line = lineOf(ids[i]);
    assert.match(String(ids[i]), /^[0-9a-f]{8}-[0-9a-z]+$/);
    assert.deepEqual([line?.msg, line?.code], ["request refused", codeOf(refusal)]);
  }
  const lock = { locked: { kind: "name", name: "stolen" }, reason: "" };
  assert.equal((await server.send("admin", "POST", "/v1/revocations", { body: lock })).status, 200);
  const done = lines.find(({ msg }) => msg === "done");
  assert.match(String(done?.request), /^[0-9a-f]{8}-[0-9a-z]+$/);
  assert.ok(!ids.includes(String(done?.request)));

  rmSync(join(server.dataDir, "jamesd.db"));
  const failed = await server.send("admin", "POST", "/v1/revocations", { body: lock });
  assert.equal(failed.status, 500, failed.body.toString());
  const line = lineOf(failed.headers["x-request-id"]);
  assert.deepEqual([line?.msg, line?.level], ["request failed", 50]);
  assert.doesNotMatch(JSON.stringify([lines, jsonOf(failed)]), /mine/);
});
