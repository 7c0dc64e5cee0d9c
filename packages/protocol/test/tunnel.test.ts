import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, beforeEach, type TestContext, test } from "node:test";
import { JamesError, sha256, stateDigest } from "@jamesd/model";
import { Client, WIRE } from "@jamesd/protocol/operator";
import { freePort, HttpProxy, listen, Sandbox, waitFor } from "@jamesd/testkit";
import { parseProxy } from "../src/proxy.ts";

// A name that nobody looks up but the proxy.
const SERVER = "jamesd.test";
const CONTENT = randomBytes(3_000_000);

let sandbox: Sandbox;
let proxy: HttpProxy;

before(async () => {
  sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer();
  proxy = await HttpProxy.start();
});

beforeEach(() => {
  proxy.conduct = {};
  proxy.asked.length = 0;
});

after(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await sandbox?.[Symbol.asyncDispose]();
});

function clientBy(t: TestContext, url = proxy.url(), more = {}): Client {
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  const through = parseProxy(url);
  assert.ok(through);
  const client = new Client({
    ...{ wire: WIRE, serverName: "jamesd", address: { host: SERVER, port: sandbox.port, proxy: through } },
    ...{ ca: pem("ca.crt"), cert: pem("admin.crt"), key: pem("admin.key"), ...more },
  });
  t.after(() => client.close());
  return client;
}

function fails(code: string, words: RegExp, hint = /./) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof JamesError, `not a JamesError: ${thrown}`);
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, words);
    assert.match(thrown.hint ?? "", hint);
    assert.doesNotMatch(`${thrown.message}${thrown.hint}`, /secret|c2VjcmV0/);
    return true;
  };
}

test("questions go one after the other through one tunnel, which the proxy finds the server for", async (t) => {
  const client = clientBy(t);
  for (let i = 0; i < 3; i += 1) await client.call("about");
  assert.deepEqual(proxy.asked, [`${SERVER}:${sandbox.port}`]);
  assert.equal(client.reachedAt, undefined, "only the proxy knows which address that was");
});

test("what is long goes through whole, in both directions", async (t) => {
  const client = clientBy(t);
  const digest = sha256(CONTENT);
  const headers = { "content-length": CONTENT.length };
  const query = { offset: "0" };
  const sent = await client.upload("putUpload", Readable.from([CONTENT]), {
    params: { digest },
    query,
    headers,
  });
  assert.equal(sent.offset, CONTENT.length);
  const archive = await sandbox.pack("app", { "opt/app": CONTENT.toString("base64") }, "");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--tags", "v1");
  const [packet] = await client.call("listPackets");
  assert.ok(packet);
  const stream = await client.download("getArchive", { params: { digest: packet.digest } });
  // Nobody reads it yet.
  await client.call("about");
  const bytes = await buffer(Readable.from(stream));
  assert.ok(bytes.includes(CONTENT.toString("base64")));
});

test("a proxy that asks who one is lets in who says it, and says no to others", async (t) => {
  proxy.conduct = { user: "dévice:p w:secret" };
  await clientBy(t, proxy.url("d%C3%A9vice:p%20w:secret")).call("about");
  const where = new RegExp(`the proxy 127.0.0.1:${proxy.port} opens no way to ${SERVER}:\\d+: 407 Proxy`);
  await assert.rejects(
    clientBy(t, proxy.url("x:secret")).call("about"),
    fails("PROXY_REFUSED", where, /are right/),
  );
  await assert.rejects(clientBy(t).call("about"), fails("PROXY_REFUSED", where, /USER:PASSWORD/));
  proxy.conduct = {
    answer: () => "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n",
  };
  await assert.rejects(clientBy(t).call("about"), fails("PROXY_REFUSED", /407 No$/, /NTLM or Negotiate/));
});

test("what a proxy answers is said, with what to do", async (t) => {
  const answers: readonly (readonly [answer: string, words: RegExp, hint: RegExp])[] = [
    ["HTTP/1.0 403 Filtered\r\n\r\nno", /: 403 Filtered$/, /port \d+ through/],
    ["HTTP/1.0 401 Unauthorized\r\n\r\n", /: 401 Unauthorized$/, /USER:PASSWORD/],
    ["HTTP/1.1 503 Unavailable\r\n\r\n", /: 503 Unavailable$/, /look up jamesd\.test/],
    ["HTTP/1.1 302\r\nLocation: http://portal/\r\n\r\n", /: 302$/, /log of the proxy/],
    ["SSH-2.0-OpenSSH\r\n\r\n", /speaks no HTTP/, /http:\/\//],
    [`HTTP/1.1 200 OK\r\nX: ${"x".repeat(20_000)}`, /speaks no HTTP/, /./],
  ];
  for (const [answer, words, hint] of answers) {
    proxy.conduct = { answer: () => answer };
    await assert.rejects(clientBy(t).call("about"), fails("PROXY_REFUSED", words, hint));
  }
  proxy.conduct = { answer: () => "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH\r\n" };
  await assert.rejects(
    clientBy(t).call("about"),
    fails("SERVER_UNREACHABLE", /its proxy .*before it is spoken/),
  );
  proxy.conduct = { answer: () => "HTTP/1.1 200" };
  await assert.rejects(clientBy(t).call("about"), fails("SERVER_UNREACHABLE", /its proxy .*hung up/));
});

test("a proxy that cannot be reached is named; of one with several addresses the one that answers is taken", async (t) => {
  const gone = await freePort();
  const refused = clientBy(t, `http://u:secret@127.0.0.1:${gone}`).call("about");
  await assert.rejects(
    refused,
    fails("SERVER_UNREACHABLE", new RegExp(`its proxy 127.0.0.1:${gone}: .*REFUSED`), /--proxy/),
  );
  await clientBy(t, `http://localhost:${proxy.port}`).call("about");
  assert.equal(proxy.asked.length, 1);
});

test("a proxy that says nothing is waited for as long as a server, and left at once by who asks no more", {
  // Who is not left is waited for for 30 s.
  timeout: 25_000,
}, async (t) => {
  proxy.conduct = { isSilent: true };
  const late = clientBy(t).call("about", { timeoutMs: 50 });
  await assert.rejects(late, fails("SERVER_UNREACHABLE", /its proxy .*no answer for 0.05 s/));
  const stopped = new AbortController();
  const asked = clientBy(t).call("about", { signal: stopped.signal });
  await waitFor("the proxy to be asked", () => proxy.asked.length === 2 || undefined);
  stopped.abort(new Error("enough"));
  await assert.rejects(asked, /enough/);
  const client = clientBy(t);
  const closed = client.call("about");
  setImmediate(() => client.close());
  await assert.rejects(closed, fails("SERVER_UNREACHABLE", /given up/));
});

test("a question that is held when its tunnel is cut fails, and the next one gets another tunnel", async (t) => {
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  const client = clientBy(t, proxy.url(), { cert: pem("device-1.crt"), key: pem("device-1.key") });
  const state = { systemtags: ["a"], apps: [] };
  const body = { digest: stateDigest(state), state };
  const held = client.call("checkin", { body, headers: { prefer: "wait=60" }, timeoutMs: 90_000 });
  const isHeld = async () => (await sandbox.device("device-1"))?.connected || undefined;
  await Promise.race([held, waitFor("the check-in to be held", isHeld)]);
  const before = proxy.asked.length;
  assert.ok(proxy.cut() > 0);
  await assert.rejects(held, fails("SERVER_UNREACHABLE", /through the proxy .* broke/));
  await client.call("checkin", { body });
  assert.equal(proxy.asked.length, before + 1);
});

test("who answers behind a proxy has to prove that it is the server", async (t) => {
  const other = await Sandbox.create([]);
  t.after(() => other[Symbol.asyncDispose]());
  const client = clientBy(t, proxy.url(), { ca: readFileSync(other.path("pki/ca.crt")) });
  await assert.rejects(
    client.call("about"),
    fails(
      "SERVER_IDENTITY",
      /jamesd\.test:\d+ through the proxy 127\.0\.0\.1:\d+ did not prove/,
      /opens TLS/,
    ),
  );
  const plain = createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => socket.end("HTTP/1.1 400 No\r\n\r\n")),
  );
  const port = await listen(plain, t);
  const through = parseProxy(proxy.url());
  assert.ok(through);
  const address = { host: SERVER, port, proxy: through };
  await assert.rejects(
    clientBy(t, proxy.url(), { address }).call("about"),
    fails("SERVER_UNREACHABLE", /no TLS/),
  );
});
