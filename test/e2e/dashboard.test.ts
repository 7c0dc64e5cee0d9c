import assert from "node:assert/strict";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, suite, test } from "node:test";
import { type Program, Sandbox } from "@jamesd/testkit";

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Asks a dashboard just so. */
function ask(
  address: string,
  path: string,
  { method = "GET", headers = {}, body = "" }: { method?: string; headers?: object; body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers: { ...headers } }, (answer) => {
      text(answer).then(
        (said) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: said }),
        reject,
      );
    });
    asked.on("error", reject).end(body);
  });
}

/** Starts one. @returns its address */
async function start(program: Program): Promise<string> {
  await program.says("#token=");
  return program.stdout.trim();
}

/** Lets somebody in. @returns the cookie */
async function enter(address: string): Promise<string> {
  const word = new URL(address).hash.slice("#token=".length);
  const { status, headers } = await ask(address, "/session", { method: "POST", body: word });
  assert.equal(status, 204);
  return String(headers["set-cookie"]).split(";")[0] ?? "";
}

suite("the dashboard of who starts it", () => {
  let sandbox: Sandbox;
  let program: Program;
  let address: string;
  let cookie: string;

  before(async () => {
    sandbox = await Sandbox.create(["device-1"]);
    await sandbox.startServer();
    assert.equal((await sandbox.runAgentOnce("device-1", ["lab"])).code, 0);
    program = sandbox.startCtl("dashboard", "--no-open");
    address = await start(program);
    cookie = await enter(address);
  });
  after(() => sandbox[Symbol.asyncDispose]());

  test("its pages take nothing from elsewhere, and are found wherever one is", async () => {
    for (const path of ["/", "/devices", "/devices/device-1"]) {
      const { status, headers, body } = await ask(address, path);
      assert.deepEqual([status, headers["content-type"]], [200, "text/html; charset=utf-8"]);
      assert.match(String(headers["content-security-policy"]), /^default-src 'self';/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.doesNotMatch(body, /https?:/);
    }
    const { body } = await ask(address, "/dashboard.js");
    assert.ok(body.length > 1000);
    const short = await ask(address, "/dashboard.js", {
      headers: { "accept-encoding": "gzip, deflate, br" },
    });
    assert.equal(short.headers["content-encoding"], "gzip");
    assert.ok(short.body.length < body.length);
    assert.equal((await ask(address, "/none.js")).status, 404);
  });

  test("what the server says is handed on, with its tag, to who was let in", async () => {
    const { status, headers, body } = await ask(address, "/v1/summary", { headers: { cookie } });
    assert.equal(status, 200, body);
    const { devices, tags } = JSON.parse(body);
    assert.deepEqual(
      [devices, tags.find(({ tag }: { tag: string }) => tag === "lab")],
      [1, { tag: "lab", devices: 1 }],
    );
    assert.match(String(headers["content-security-policy"]), /sandbox/);
    const again = await ask(address, "/v1/summary", { headers: { cookie, "if-none-match": headers.etag } });
    assert.equal(again.status, 304);
    const missing = await ask(address, "/v1/devices/none", { headers: { cookie } });
    assert.deepEqual([missing.status, JSON.parse(missing.body).code], [404, "DEVICE_UNKNOWN"]);
  });

  test("nobody else gets anything: no cookie, a word used twice, another host, another origin", async () => {
    const word = new URL(address).hash.slice("#token=".length);
    const asked = [
      ask(address, "/v1/summary"),
      ask(address, "/dashboard.json"),
      ask(address, "/v1/summary", { headers: { cookie: cookie.slice(0, -2) } }),
      ask(address, "/session", { method: "POST", body: word }),
      ask(address, "/session", { method: "POST", body: "x".repeat(10_000) }),
      ask(address, "/session", { headers: { cookie } }),
      ask(address, "/v1/summary", { headers: { cookie, host: "evil.example" } }),
      ask(address, "/", { headers: { host: "evil.example" } }),
      ask(address, "/v1/summary", { headers: { cookie, origin: "http://evil.example" } }),
      ask(address, "/v1/summary", { headers: { cookie, "sec-fetch-site": "cross-site" } }),
    ];
    for (const { status, body } of await Promise.all(asked)) {
      assert.equal(status, 403, body);
      assert.doesNotMatch(body, /device-1|devices/);
    }
  });

  test("it only shows unless --write is given; then the role of the certificate counts", async () => {
    const tag = { method: "POST", body: JSON.stringify({ add: ["rack-1"] }) };
    const json = { "content-type": "application/json" };
    const path = "/v1/devices/device-1/tags";
    const started = await ask(address, "/dashboard.json", { headers: { cookie } });
    assert.deepEqual(JSON.parse(started.body), { mayWrite: false });
    const shown = await ask(address, path, { ...tag, headers: { cookie, ...json } });
    assert.equal(shown.status, 403);
    for (const [who, status] of [
      ["watcher", 403],
      ["admin", 200],
    ] as const) {
      const other = sandbox.start("jamesd-ctl", ["dashboard", "--no-open", "--write"], sandbox.ctlEnv(who));
      const its = await start(other);
      const answer = await ask(its, path, { ...tag, headers: { cookie: await enter(its), ...json } });
      assert.equal(answer.status, status, answer.body);
      await other.stop("SIGINT");
    }
    assert.match(await sandbox.ctlOk("describe", "--id", "device-1"), /rack-1/);
  });

  test("Ctrl-C ends it, and a port that is taken is said", async () => {
    const { port } = new URL(address);
    const taken = await sandbox.ctl("dashboard", "--no-open", "--port", port);
    assert.notEqual(taken.code, 0);
    assert.match(taken.stderr, new RegExp(`cannot listen on 127.0.0.1:${port}`));
    const { code } = await program.stop("SIGINT");
    assert.equal(code, 130);
  });
});
