import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { Agent, request } from "node:https";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import { ALL_FAMILIES } from "../../src/metrics/all-metrics.ts";
import { addPacket, report, want } from "../http-seed.ts";
import { TestServer } from "../http-server.ts";
import { ask, scrape } from "./scraping.ts";

test("a server tells all that the documentation says, and nothing else, and of no device", async () => {
  await using server = await TestServer.start([], { metricsAddr: "127.0.0.1:0" });
  const { metricsPort } = server;
  assert.equal((await ask(metricsPort, "/readyz")).status, 200);
  const { digest } = await report(server, "device-1", ["a-tag"]);
  await addPacket(server, "an-app", ["v1"]);
  await want(server, "device-1", [{ name: "an-app", tags: ["v1"] }]);
  await server.send("device-1", "GET", "/v1/devices/device-1");
  await server.send("admin", "PURGE", "/v1/nowhere");
  // One is sent its plan, one is refused, one is held.
  assert.equal((await server.send("device-1", "POST", "/v1/checkin", { body: { digest } })).status, 200);
  assert.equal((await server.send("device-2", "POST", "/v1/checkin", { body: {} })).status, 400);
  const { digest: other } = await report(server, "device-2");
  const held = server.send("device-2", "POST", "/v1/checkin", {
    body: { digest: other },
    headers: { prefer: "wait=60" },
    agent: new Agent(),
  });
  held.catch(() => undefined);
  while ((await scrape(metricsPort)).get("jamesd_checkins_held") !== 1);
  const list = await server.send("admin", "GET", "/v1/devices");
  const told = await scrape(metricsPort);
  const duration = (method: string, route: string, status: string) =>
    told.get(
      `jamesd_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`,
    );
  assert.equal(told.get('jamesd_devices{sync="pending"}'), 1);
  assert.equal(told.get("jamesd_devices_connected"), 2);
  assert.equal(told.get('jamesd_events_total{kind="device-added"}'), 2);
  assert.equal(told.get('jamesd_events_total{kind="revision"}'), 1);
  assert.equal(told.get("jamesd_connections"), 4);
  assert.deepEqual(
    ["checkins_total", "reports_total", "plans_total", "checkins_held", "checkins_refused_total"].map(
      (name) => told.get(`jamesd_${name}`),
    ),
    [4, 2, 1, 1, 1],
  );
  assert.equal(duration("PUT", "/v1/devices/:id/desired", "2xx"), 1);
  assert.equal(duration("GET", "/v1/devices/:id", "4xx"), 1);
  assert.equal(duration("none", "none", "4xx"), 1);
  const bytes = told.get('jamesd_http_response_body_bytes_total{method="GET",route="/v1/devices"}');
  assert.equal(bytes, list.body.length);
  assert.ok((told.get("jamesd_data_free_bytes") ?? 0) > 0);
  assert.ok((told.get('jamesd_database_size_bytes{part="file"}') ?? 0) > 0);

  const { text } = await ask(metricsPort, "/metrics");
  const families = [...text.matchAll(/^# TYPE (jamesd_\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
  const known = Object.entries(ALL_FAMILIES).map(([name, { type }]) => [name, type]);
  assert.deepEqual(families.sort(), known.sort());
  assert.doesNotMatch(text, /route="\/v1\/checkin"/, "how long one is held says nothing");
  assert.doesNotMatch(text, /device-1|admin|a-tag|an-app|nowhere|127\.0\.0\.1/);
  for (const line of told.keys()) {
    const [, name = "", labels] = /^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})?$/.exec(line) ?? [];
    const expected = ALL_FAMILIES[name]?.labels;
    if (!expected) continue;
    const names = [...(labels ?? "").matchAll(/(?:^|,)([a-z]+)="/g)].map(([, label]) => label);
    assert.deepEqual(
      names.filter((label) => label !== "le"),
      expected,
      line,
    );
  }
});

test("a server whose database is gone is not ready, nor one that stops", async () => {
  await using server = await TestServer.start([], { metricsAddr: "127.0.0.1:0" }, { closing: 60_000 });
  const ready = async () => (await ask(server.metricsPort, "/readyz")).text;
  assert.equal(await ready(), "ready\n");
  // What is under way when it is to stop is waited for.
  const path = `/v1/uploads/${sha256("u")}?offset=0`;
  const headers = { "content-type": "application/octet-stream", "content-length": 9 };
  const place = { host: "127.0.0.1", port: server.port, servername: "jamesd", agent: false as const };
  const upload = request({ ...place, ...server.credentials("admin"), method: "PUT", path, headers });
  upload.on("error", () => undefined).write("12345");
  while ((await scrape(server.metricsPort)).get("jamesd_connections") !== 1);
  const file = `${server.dataDir}/jamesd.db`;
  renameSync(file, `${file}.away`);
  assert.equal(await ready(), "the database cannot be read or written\n");
  assert.equal((await ask(server.metricsPort, "/healthz")).status, 200);
  const stopped = server.stop().catch(() => undefined);
  assert.equal(await ready(), "stopping\n");
  upload.destroy();
  await stopped;
});
