import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { pipeline } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { brotliDecompressSync, zstdDecompressSync } from "node:zlib";
import { sha256 } from "@jamesd/model";
import { Client, DEVICE_WIRE, type DeviceClient } from "@jamesd/protocol/device";
import { Sandbox } from "@jamesd/testkit";
import { paced } from "../src/paced.ts";
import { RateLimiter } from "../src/rate-limiter.ts";
import { makeRemote } from "../src/remote.ts";
import { type Held, NOTHING } from "../src/transaction/fetch/compressed-part.ts";

// More than the two ends of a connection take into their buffers.
const LARGE = "large".repeat(10_000_000);
const DIGEST = sha256(LARGE);
const { signal } = new AbortController();

let sandbox: Sandbox;
const open: DeviceClient[] = [];
const proxies: Server[] = [];

function clientOf(name: string, port = sandbox.port): DeviceClient {
  const pem = (file: string) => readFileSync(sandbox.path(`pki/${file}`));
  const client = new Client({
    wire: DEVICE_WIRE,
    address: { host: "127.0.0.1", port },
    serverName: "jamesd",
    ca: pem("ca.crt"),
    cert: pem(`${name}.crt`),
    key: pem(`${name}.key`),
  });
  open.push(client);
  return client;
}

/** A client, and how many connections it has made. */
async function countedClient(): Promise<readonly [DeviceClient, () => number]> {
  let connections = 0;
  const proxy = createServer((near) => {
    connections += 1;
    const far = connect(sandbox.port, "127.0.0.1");
    pipeline(near, far, near, () => undefined);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  proxies.push(proxy);
  return [clientOf("device-1", (proxy.address() as AddressInfo).port), () => connections];
}

before(async () => {
  sandbox = await Sandbox.create(["device-1"]);
  await sandbox.startServer("--max-downloads", "1", "--device-reads", "any");
  const archive = await sandbox.pack("app", { "opt/app/payload": LARGE }, "");
  await sandbox.ctlOk("add-packet", "--name", "app", "--data", archive, "--tags", "v1");
});

after(async () => {
  for (const end of [...open, ...proxies]) end.close();
  await sandbox?.[Symbol.asyncDispose]();
});

test("a server that is busy first and free later: the same download waits and goes on", async () => {
  const holder = await clientOf("admin").download("getBlob", { params: { digest: DIGEST } });
  const events: string[] = [];
  const sleep = async (ms: number): Promise<void> => {
    assert.ok(ms >= 5000 && ms <= 15_000, `told to wait for ${ms} ms`);
    events.push("told to wait");
    holder.destroy();
  };
  const remote = makeRemote(clientOf("device-1"), "server", { maxManifest: 1e6, sleep });
  const content = await remote.blob(DIGEST, LARGE.length - 7, signal);
  events.push("served");
  assert.equal((await buffer(content)).toString(), LARGE.slice(-7));
  assert.deepEqual(events, ["told to wait", "served"]);
});

test("what is held of a form is gone on with in that form; who holds nothing gets the best that this Node can undo", async () => {
  const remote = makeRemote(clientOf("device-1"), "server", { maxManifest: 1e6 });
  const read = async (held: Held): Promise<Readonly<{ coding: string | undefined; bytes: Buffer }>> => {
    const { coding, content } = await remote.compressedBlob(DIGEST, held, signal);
    return { coding, bytes: await buffer(content) };
  };
  const whole = await read(NOTHING);
  assert.equal(whole.coding, "zstd");
  assert.ok(zstdDecompressSync(whole.bytes).equals(Buffer.from(LARGE)));
  const rest = await read({ offset: 100, coding: "zstd" });
  assert.deepEqual([rest.coding, rest.bytes], ["zstd", whole.bytes.subarray(100)]);
  const other = await read({ offset: 0, coding: "br" });
  assert.equal(other.coding, "br");
  assert.ok(brotliDecompressSync(other.bytes).equals(Buffer.from(LARGE)));
  const behind = await read({ offset: 9, coding: "br" });
  assert.deepEqual([behind.coding, behind.bytes], ["br", other.bytes.subarray(9)]);
});

test("of a download that breaks off it is not said that the server cannot be reached", async () => {
  const proxy = createServer((near) => {
    const far = connect(sandbox.port, "127.0.0.1");
    pipeline(near, far, near, () => undefined);
    far.on("data", () => far.bytesRead > 1_000_000 && near.resetAndDestroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  proxies.push(proxy);
  const where = "the-server:2761";
  const client = clientOf("device-1", (proxy.address() as AddressInfo).port);
  const content = await makeRemote(client, where, { maxManifest: 1 }).blob(DIGEST, 0, signal);
  await assert.rejects(buffer(content), {
    code: "SERVER_UNREACHABLE",
    message: "the connection to the-server:2761 broke before the whole answer came",
  });
});

test("a pause of the limiter's own does not count as a silence of the server, and the connection goes on", async () => {
  const timeoutMs = 4000;
  let isFirst = true;
  const sleep = async (): Promise<void> => {
    if (isFirst) await setTimeout(timeoutMs * 1.5);
    isFirst = false;
  };
  const limiter = new RateLimiter(1024, { now: () => 0, sleep });
  const [client, connections] = await countedClient();
  const response = await client.download("getBlob", { params: { digest: DIGEST }, timeoutMs });
  let size = 0;
  for await (const chunk of paced(response, limiter, signal)) size += chunk.length;
  assert.equal(size, LARGE.length);
  const next = await client.download("getBlob", { params: { digest: DIGEST }, offset: 1 });
  assert.equal((await buffer(next)).length, LARGE.length - 1);
  assert.equal(connections(), 1);
});

test("a limited download counts all that comes, and ends at once when it is stopped", async () => {
  const stop = new AbortController();
  const slept: number[] = [];
  let isWaiting: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => {
    isWaiting = resolve;
  });
  const sleep = (ms: number, { aborted }: AbortSignal): Promise<void> => {
    assert.ok(!aborted);
    slept.push(ms);
    isWaiting();
    return new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  };
  const limiter = new RateLimiter(1024, { now: () => 0, sleep });
  const remote = makeRemote(clientOf("device-1"), "server", { maxManifest: 1e6, limiter });
  let size = 0;
  const reading = (async () => {
    for await (const chunk of await remote.blob(DIGEST, 0, stop.signal)) size += chunk.length;
  })();
  const reason = new Error("stopped");
  await Promise.race([waits, reading]);
  stop.abort(reason);
  await assert.rejects(reading, (thrown) => thrown === reason);
  assert.deepEqual(slept, [Math.ceil((size / 1024) * 1000 - 1000)]);
});
