import assert from "node:assert/strict";
import { test } from "node:test";
import { DashboardGate } from "../src/dashboard/gate.ts";

const HOST = "127.0.0.1:4000";

test("a word lets one browser in, once, within a minute", () => {
  let now = 0;
  const gate = new DashboardGate(4000, () => now);
  const first = gate.invite();
  assert.equal(gate.admit(`${first}x`), undefined);
  now = 59_999;
  const cookie = gate.admit(first);
  assert.match(cookie ?? "", /^jamesd-dashboard-4000=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  assert.equal(gate.admit(first), undefined, "a second time");
  const second = gate.invite();
  now += 60_000;
  assert.equal(gate.admit(second), undefined, "too late");
  const [said = ""] = (cookie ?? "").split(";");
  assert.equal(gate.knows({ headers: { cookie: `other=1; ${said}` } }), true);
  for (const other of [undefined, "", said.slice(0, -1), `x${said}`, said.replace("4000", "4001")])
    assert.equal(gate.knows({ headers: other === undefined ? {} : { cookie: other } }), false);
});

test("what comes from elsewhere is told by its host, its origin, or where the browser says it comes from", () => {
  const gate = new DashboardGate(4000, () => 0);
  const isOurs = (method: string, headers: Record<string, string>) => gate.isOurs({ method, headers });
  assert.equal(isOurs("GET", { host: HOST }), true);
  assert.equal(
    isOurs("POST", { host: HOST, origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }),
    true,
  );
  assert.equal(isOurs("GET", { host: "localhost:4000", "sec-fetch-site": "none" }), true);
  for (const host of [
    "",
    "127.0.0.1",
    "127.0.0.1:4001",
    "evil.example",
    "evil.example:4000",
    `${HOST}.evil.example`,
  ])
    assert.equal(isOurs("GET", { host }), false, host);
  for (const origin of ["null", "http://evil.example", "http://localhost:4000", `https://${HOST}`])
    assert.equal(isOurs("GET", { host: HOST, origin }), false, origin);
  const away = { host: HOST, "sec-fetch-site": "cross-site" };
  assert.equal(isOurs("GET", { ...away, "sec-fetch-dest": "document" }), true, "a link to a page");
  assert.equal(isOurs("GET", { ...away, "sec-fetch-dest": "script" }), false);
  assert.equal(isOurs("POST", { ...away, "sec-fetch-dest": "document" }), false);
  assert.equal(isOurs("GET", { host: HOST, "sec-fetch-site": "same-site" }), false);
});
