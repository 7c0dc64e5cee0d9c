import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { sha256 } from "@jamesd/model";
import { NOTHING, report } from "./http-seed.ts";
import { type Answer, codeOf, jsonOf, TestServer } from "./http-server.ts";

const NAME = "größe-設備";
let server: TestServer;

before(async () => {
  server = await TestServer.start([NAME]);
  await report(server, "device-1");
});
after(() => server[Symbol.asyncDispose]());

function refused(answer: Answer, status: number, code: string): void {
  const text = answer.body.toString();
  assert.deepEqual([answer.status, codeOf(answer)], [status, code], text);
  assert.deepEqual(
    Object.keys(jsonOf(answer) as object).filter((key) => !["code", "message", "hint"].includes(key)),
    [],
  );
  assert.doesNotMatch(text, /node_modules|\bat .*\.[jt]s:|FST_/, "nothing of the inside leaves");
  assert.equal(answer.headers["cache-control"], "no-store");
}

describe("bodies", () => {
  const DESIRED = "/v1/devices/device-1/desired";
  const json = { "content-type": "application/json" };
  const app = { name: "a", tags: [] };
  const bodies: Readonly<Record<string, [body: unknown, headers?: Record<string, string>]>> = {
    "no JSON": [Buffer.from("{"), json],
    "nothing at all": [undefined],
    "nothing that says it is JSON": [Buffer.alloc(0), json],
    null: [null],
    "a list": [[]],
    "an unknown field": [{ apps: [], colour: "red" }],
    "an unknown field of an app": [{ apps: [{ ...app, version: "1" }] }],
    "a wrong type": [{ apps: "all" }],
    "a wrong type deep down": [{ apps: [{ name: "a", tags: [1] }] }],
    "a missing field": [{ message: "x" }],
    "a negative revision": [{ apps: [], revision: -1 }],
    "half a revision": [{ apps: [], revision: 0.5 }],
    "a length that cannot be compared": [{ apps: { length: { toString: null } } }],
    "too long a word": [{ apps: [{ name: "x".repeat(2000), tags: [] }] }],
    "too many apps": [{ apps: Array.from({ length: 10_001 }, (_, i) => ({ name: `a${i}` })) }],
    "too long a message": [{ apps: [], message: "x".repeat(10_001) }],
    "a poisoned prototype": [Buffer.from('{"apps":[],"__proto__":{"admin":true}}'), json],
    "plain text": [Buffer.from('{"apps":[]}'), { "content-type": "text/plain" }],
    "a form": [Buffer.from("apps=1"), { "content-type": "application/x-www-form-urlencoded" }],
    "a stream of bytes": [Buffer.from('{"apps":[]}')],
    "a nonsense type": [Buffer.from('{"apps":[]}'), { "content-type": "%%%" }],
    "more than the server takes": [Buffer.alloc(9 * 1024 * 1024, " "), json],
  };
  test("a long body is refused in the same words", async () => {
    const documents = Array.from({ length: 9000 }, (_, i) => ({
      kind: "device",
      id: `device-${i}`,
      apps: [app],
    }));
    const text = JSON.stringify({ documents, dryRun: true });
    assert.ok(text.length > 512 * 1024);
    const send = (body: string) =>
      server.send("admin", "POST", "/v1/revisions", { body: Buffer.from(body), headers: json });
    const [good, wrong, cut, poisoned] = await Promise.all([
      send(text.replaceAll('"a"', '"a "').replaceAll(",", " ,\n")),
      send(text.replace('"device-8000","apps":[', '"device-8000","apps":[{"name":3},')),
      send(text.replace('"device-8000",', '"device-8000",,')),
      send(text.replace('"device-8000",', '"device-8000","__proto__":{},')),
    ]);
    // It is taken for what it is: no such name can be.
    refused(good, 400, "NAME_INVALID");
    assert.match(wrong.body.toString(), /documents\.8000\.apps\.0\.name: Invalid input: expected string/);
    const many = JSON.stringify(Array.from({ length: 1025 }, (_, i) => `t${i}`));
    const tooMany = await send(text.replace('"apps":[', `"apps":[{"name":"b","tags":${many}},`));
    assert.match(tooMany.body.toString(), /documents\.0\.apps\.0\.tags: more than 1024 of them/);
    const short = await send("{,}");
    for (const answer of [wrong, cut, poisoned]) refused(answer, 400, "REQUEST_INVALID");
    for (const answer of [cut, poisoned]) assert.deepEqual(jsonOf(answer), jsonOf(short));
  });
  for (const [what, [body, headers]] of Object.entries(bodies))
    test(`${what} is refused`, async () => {
      refused(
        await server.send("admin", "PUT", DESIRED, { body, ...(headers && { headers }) }),
        400,
        "REQUEST_INVALID",
      );
    });

  test("more than the server takes, in pieces of unsaid length, is refused", async () => {
    const headers = { ...json, "transfer-encoding": "chunked" };
    const options = { method: "PUT", path: DESIRED, headers, agent: server.agent("admin") };
    refused(await server.open("admin", options, Buffer.alloc(20 * 1024 * 1024, " ")), 400, "REQUEST_INVALID");
  });

  test("wrong words are named by the code of their noun", async () => {
    const put = (name: string, tags: string[] = []) =>
      server.send("admin", "PUT", DESIRED, { body: { apps: [{ name, tags }] } });
    refused(await put(""), 400, "NAME_INVALID");
    refused(await put("../x"), 400, "NAME_INVALID");
    refused(await put("a", ["x,y"]), 400, "TAG_INVALID");
    refused(await put("\ud800"), 400, "NAME_INVALID");
    const twice = { apps: [app, app] };
    refused(await server.send("admin", "PUT", DESIRED, { body: twice }), 400, "APP_DUPLICATE");
  });

  test("a check-in of another shape is refused; what a newer agent adds is passed over", async () => {
    const send = (body: unknown) => server.send("device-1", "POST", "/v1/checkin", { body });
    const digest = NOTHING;
    const state = { systemtags: [], apps: [] };
    const bad = [{}, { digest: "x" }, { digest, state: { apps: [] } }, { digest, transaction: {} }];
    for (const body of [
      ...bad,
      { digest, state: { ...state, apps: [{ name: "a", tags: [], digest: "?" }] } },
    ])
      refused(await send(body), 400, "REQUEST_INVALID");
    refused(await send({ digest, state }), 400, "REQUEST_INVALID");
    refused(await send({ digest, state: { ...state, systemtags: ["a b"] } }), 400, "TAG_INVALID");
    assert.deepEqual(jsonOf(await send({ digest, battery: 17 })), { need: "state" });
  });

  test("what a device says of a transaction has names of apps and of signals in it, and a time", async () => {
    const step = { kind: "script", script: "prerm", app: "a", packet: NOTHING };
    const run = { app: "a", script: "prerm", exitCode: null, durationMs: 1, output: "", undo: false };
    const send = (app: string, signal: string, failed: string, started = 0) => {
      const scripts = [{ ...run, app, signal }];
      const error = { code: "SCRIPT_FAILED", message: "m", step: { ...step, app: failed } };
      const end = { outcome: "stuck", started, durationMs: 1, attempt: 1 };
      const transaction = { id: "t", target: NOTHING, revision: 1, ...end, scripts, error };
      return server.send("device-1", "POST", "/v1/checkin", { body: { digest: NOTHING, transaction } });
    };
    assert.equal((await send("a", "SIGRTMIN+1", "größe")).status, 200);
    assert.equal((await send("a", "SIGKILL", "a", 8.64e15)).status, 200);
    for (const [app, signal, failed, started] of [
      ["a\u001b[2J", "SIGKILL", "a"],
      ["a", "SIGKILL\u001b[2J", "a"],
      ["a", "SIGKILL\nadmin", "a"],
      ["a", "SIGKILL", "a\nb"],
      ["a", "SIGKILL", "a", 9e15],
      ["a", "SIGKILL", "a", -9e15],
    ] as const)
      refused(await send(app, signal, failed, started), 400, "REQUEST_INVALID");
  });

  test("an upload that is not bytes is refused", async () => {
    const path = `/v1/uploads/${NOTHING}`;
    refused(await server.send("admin", "PUT", path, { body: { a: 1 } }), 400, "REQUEST_INVALID");
    refused(await server.send("admin", "PUT", path), 400, "REQUEST_INVALID");
  });
});

describe("addresses", () => {
  const hostile: readonly (readonly [id: string, status: number, code: string])[] = [
    ["%2e%2e", 404, "DEVICE_UNKNOWN"],
    ["..", 404, "DEVICE_UNKNOWN"],
    ["%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "DEVICE_UNKNOWN"],
    ["%00", 404, "DEVICE_UNKNOWN"],
    ["device-1%00", 404, "DEVICE_UNKNOWN"],
    ["__proto__", 404, "DEVICE_UNKNOWN"],
    ["constructor", 404, "DEVICE_UNKNOWN"],
    ["DEVICE-1", 404, "DEVICE_UNKNOWN"],
    ["", 404, "DEVICE_UNKNOWN"],
    ["%f0%9f%92%a9", 404, "DEVICE_UNKNOWN"],
    ["%E2%80%AEdevice-1", 404, "DEVICE_UNKNOWN"],
    ["' OR 1=1 --", 404, "DEVICE_UNKNOWN"],
    ["a/b", 404, "ROUTE_UNKNOWN"],
    ["../../../etc/passwd", 404, "ROUTE_UNKNOWN"],
    ["%", 400, "REQUEST_INVALID"],
    ["%zz", 400, "REQUEST_INVALID"],
    ["%c3%28", 400, "REQUEST_INVALID"],
    ["x".repeat(1000), 400, "REQUEST_INVALID"],
    ["x".repeat(40_000), 431, "REQUEST_INVALID"],
  ];
  for (const [id, status, code] of hostile)
    test(`the device ${JSON.stringify(id.slice(0, 40))} gives ${code}`, async () => {
      const path = `/v1/devices/${id.replaceAll(" ", "%20")}`;
      refused(await server.send("watcher", "GET", path), status, code);
    });

  for (const digest of [
    "%2e%2e",
    "%00",
    "0",
    NOTHING.toUpperCase(),
    `${NOTHING}0`,
    `${NOTHING}%0a`,
    "..%2f..%2fjamesd.db",
  ])
    test(`${digest.slice(0, 20)} is no digest of a blob, packet or upload`, async () => {
      for (const noun of ["blobs", "packets", "uploads"])
        refused(await server.send("admin", "GET", `/v1/${noun}/${digest}`), 400, "REQUEST_INVALID");
      const body = Buffer.from("x");
      refused(await server.send("admin", "PUT", `/v1/uploads/${digest}`, { body }), 400, "REQUEST_INVALID");
    });

  test("a device with letters of any script is found by its id", async () => {
    await report(server, NAME, ["a"]);
    const answer = await server.send("watcher", "GET", `/v1/devices/${encodeURIComponent(NAME)}`);
    assert.equal((jsonOf(answer) as { id: string }).id, NAME);
  });

  test("what is not there is said so, by code", async () => {
    refused(await server.send("admin", "GET", `/v1/blobs/${NOTHING}`), 404, "BLOB_UNKNOWN");
    for (const path of [NOTHING, `${NOTHING}/archive`])
      refused(await server.send("admin", "GET", `/v1/packets/${path}`), 404, "PACKET_UNKNOWN");
    refused(await server.send("admin", "DELETE", `/v1/packets/${NOTHING}`), 404, "PACKET_UNKNOWN");
    refused(await server.send("admin", "GET", "/v1/devices/device-1/desired"), 404, "REVISION_UNKNOWN");
  });

  test("an unknown route or method is said so, by code", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v2/devices"],
      ["GET", "/v1/devices/a/b/c"],
      ["PATCH", "/v1/devices"],
      ["POST", "/v1/devices"],
      ["OPTIONS", "*"],
    ] as const)
      refused(await server.send("admin", method, path), 404, "ROUTE_UNKNOWN");
  });

  test("unknown, repeated and wrong query parameters are refused", async () => {
    const get = (path: string) => server.send("admin", "GET", path);
    refused(await get("/v1/packets?colour=red"), 400, "REQUEST_INVALID");
    refused(await get("/v1/packets?name=a&name=b"), 400, "REQUEST_INVALID");
    refused(await get("/v1/packets?__proto__=a"), 400, "REQUEST_INVALID");
    refused(await get("/v1/packets?tags=a,,b"), 400, "TAG_INVALID");
    for (const offset of ["-1", "1e3", "x", "", "9".repeat(20)]) {
      const path = `/v1/uploads/${sha256("u")}?offset=${offset}`;
      refused(await server.send("admin", "PUT", path, { body: Buffer.from("x") }), 400, "REQUEST_INVALID");
    }
  });

  test("what is no request of HTTP is refused in the same form", async () => {
    refused(await server.send("admin", "BREW", "/v1/devices"), 400, "REQUEST_INVALID");
    const headers = { "x-long": "x".repeat(70_000) };
    refused(await server.send("admin", "GET", "/v1/devices", { headers }), 431, "REQUEST_INVALID");
    assert.equal((await server.send("admin", "GET", "/v1/devices")).status, 200, "and others are served");
  });
});
