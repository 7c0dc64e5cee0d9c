import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { About } from "@jamesd/protocol";
import { codeOf, jsonOf, TestServer } from "./http-server.ts";

const PUBLIC = "https://fleet.example:8443";

suite("the dashboard on an address of its own", () => {
  let server: TestServer;
  let host: string;
  const ask = (who: string, path: string, headers: Record<string, string> = {}, method = "GET") =>
    server.open(who, {
      port: server.dashboardPort,
      path,
      method,
      agent: false,
      headers: { host, ...headers },
    });

  before(async () => {
    server = await TestServer.start([], { dashboardAddr: "127.0.0.1:0", dashboardUrl: PUBLIC });
    host = `127.0.0.1:${server.dashboardPort}`;
  });
  after(() => server[Symbol.asyncDispose]());

  test("people with a certificate are shown the pages, wherever one is, and devices are not", async () => {
    for (const who of ["admin", "watcher"])
      for (const path of ["/", "/devices/device-1?x=1", "/dashboard.js"]) {
        const { status, headers } = await ask(who, path);
        assert.equal(status, 200, path);
        assert.match(String(headers["content-security-policy"]), /^default-src 'self';/);
        assert.equal(headers["content-encoding"], undefined);
        const head = await ask(who, path, {}, "HEAD");
        assert.deepEqual([head.status, head.body.length], [200, 0]);
        const short = await ask(who, path, { "accept-encoding": "gzip, deflate, br" });
        assert.equal(short.headers["content-encoding"], "gzip", path);
      }
    for (const [who, path] of [
      ["device-1", "/"],
      ["admin", "/none.js"],
      ["admin", "/v1/none"],
    ] as const) {
      const answer = await ask(who, path);
      assert.deepEqual([answer.status, codeOf(answer)], [404, "ROUTE_UNKNOWN"]);
    }
    const elsewhere = await server.send("admin", "GET", "/");
    assert.equal(codeOf(elsewhere), "ROUTE_UNKNOWN", "the other address has none");
  });

  test("the roles are those of the other address", async () => {
    assert.equal((await ask("watcher", "/v1/summary")).status, 200);
    assert.equal(codeOf(await ask("device-1", "/v1/summary")), "ROLE_FORBIDDEN");
    assert.equal(codeOf(await ask("watcher", "/v1/devices/none", {}, "DELETE")), "ROLE_FORBIDDEN");
    assert.equal(codeOf(await ask("admin", "/v1/devices/none", {}, "DELETE")), "DEVICE_UNKNOWN");
  });

  test("people are told where browsers find it, and devices are not", async () => {
    const told = async (who: string) =>
      (jsonOf(await server.send(who, "GET", "/v1/about")) as About).dashboard;
    assert.deepEqual(await Promise.all(["admin", "watcher", "device-1"].map(told)), [
      PUBLIC,
      PUBLIC,
      undefined,
    ]);
  });

  test("on no address a browser is made to ask by a page of somebody else", async () => {
    const own = { origin: `https://${host}`, "sec-fetch-site": "same-origin" };
    assert.equal((await ask("admin", "/v1/summary", own)).status, 200);
    const link = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    assert.equal((await ask("admin", "/", link)).status, 200, "a link leads to a page");
    const others: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `http://${host}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    ];
    for (const headers of others) {
      const answer = await ask("admin", "/v1/summary", headers);
      assert.deepEqual([answer.status, codeOf(answer)], [403, "ORIGIN_FORBIDDEN"]);
      const main = await server.send("admin", "POST", "/v1/apply", { headers, body: { documents: [] } });
      assert.deepEqual([main.status, codeOf(main)], [403, "ORIGIN_FORBIDDEN"]);
    }
  });
});

test("while somebody waits for a summary his other questions are answered", async () => {
  await using server = await TestServer.start();
  const { headers } = await server.send("watcher", "GET", "/v1/summary");
  const known = { "if-none-match": headers.etag ?? "", prefer: "wait=60" };
  const left = new AbortController();
  const waiting = server.open("watcher", {
    ...{ method: "GET", path: "/v1/summary", agent: false, headers: known, signal: left.signal },
  });
  await server.send("watcher", "GET", "/v1/summary");
  assert.equal((await server.send("watcher", "GET", "/v1/devices")).status, 200);
  left.abort();
  await assert.rejects(waiting);
});
