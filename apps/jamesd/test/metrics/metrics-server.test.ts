import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { closed } from "@jamesd/testkit";
import { MetricsServer } from "../../src/metrics/metrics-server.ts";
import { ask, scrape } from "./scraping.ts";

const warnings: unknown[] = [];
const log = { warn: (details: unknown) => void warnings.push((details as { name: string }).name) };
let server: MetricsServer;
let port: number;

before(async () => {
  server = new MetricsServer(log, 500);
  ({ port } = await server.listen("127.0.0.1:0"));
});
after(() => server.close());

test("it says whether work may be sent to it, and if not why", async () => {
  const ready = async () => {
    const { status, text } = await ask(port, "/readyz");
    return [status, text];
  };
  assert.deepEqual(await ready(), [503, "starting\n"]);
  let isAlive = true;
  server.health.ready(async () => {
    if (!isAlive) throw new Error("/var/lib/jamesd is gone");
  });
  assert.deepEqual(await ready(), [200, "ready\n"]);
  isAlive = false;
  assert.deepEqual(await ready(), [503, "the database cannot be read or written\n"]);
  isAlive = true;
  server.health.stop();
  assert.deepEqual(await ready(), [503, "stopping\n"]);
  assert.deepEqual(await ask(port, "/healthz"), {
    status: 200,
    type: "text/plain; charset=utf-8",
    text: "ok\n",
  });
});

test("HEAD is answered as GET is, for monitors that ask so", async () => {
  for (const path of ["/metrics", "/healthz", "/readyz", "/none"]) {
    const { status, type } = await ask(port, path);
    assert.deepEqual(await ask(port, path, { method: "HEAD" }), { status, type, text: "" });
  }
});

test("nothing else is to be had, nor changed", async () => {
  for (const path of ["/", "/v1/devices", "/metrics/", "/constructor", "/__proto__", "//metrics"])
    assert.equal((await ask(port, path)).status, 404, path);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
    assert.equal((await ask(port, "/metrics", { method })).status, 405, method);
  assert.equal((await ask(port, "/metrics", { headers: { x: "x".repeat(9000) } })).status, 431);
});

test("what cannot be read is left out, and of what has the same labels the smallest is told", async () => {
  const gauge = { type: "gauge", help: "a", labels: [] } as const;
  const named = { ...gauge, labels: ["name"] } as const;
  server.scrape.add(
    { t_good: gauge, t_bad: gauge, t_twice: named },
    {
      t_good: () => 7,
      t_bad: () => Promise.reject(new Error("no")),
      t_twice: () => [3, 2, 4].map((value) => ({ labels: { name: 'a "b"\n' }, value })),
    },
  );
  const found = await scrape(port);
  assert.equal(found.get("t_good"), 7);
  assert.equal(found.get(String.raw`t_twice{name="a \"b\"\n"}`), 2);
  assert.equal(found.get(`jamesd_build_info{version="0.1.0",node="${process.version}"}`), 1);
  assert.ok([...found.keys()].every((name) => !name.startsWith("t_bad")));
  assert.ok(found.has("nodejs_eventloop_lag_p99_seconds"));
  assert.ok([...found.keys()].every((name) => !name.startsWith("nodejs_active")));
  assert.deepEqual(warnings, ["t_bad"]);
});

test("who says nothing, or half of a request, is let go", async () => {
  for (const said of ["", "GET /metrics HTTP/1.1\r\n"]) {
    const socket = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
    socket.resume().write(said);
    await closed(socket);
  }
});

test("an address that is taken is told by its option", async (t) => {
  const other = new MetricsServer(log, 500);
  t.after(() => other.close());
  await assert.rejects(other.listen(`127.0.0.1:${port}`), {
    code: "ADDRESS_IN_USE",
    message: /cannot listen/,
  });
  await assert.rejects(other.listen("nowhere at all"), { code: "USAGE" });
});
