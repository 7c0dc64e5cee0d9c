import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:https";
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { writeArchive } from "@jamesd/archive";
import { type FileEntry, type SymlinkEntry, sha256 } from "@jamesd/model";
import { openFilesBelow, waitFor, watchFiles } from "@jamesd/testkit";
import { SHARE } from "../src/http/download-slots.ts";
import { addPacket, BLOB, CONTENT, NOTHING, report } from "./http-seed.ts";
import { type Answer, codeOf, TestServer } from "./http-server.ts";

// More than the two ends of a connection take into their buffers.
const LARGE = Buffer.alloc(24 * 1024 * 1024, "large");
const LARGE_BLOB = sha256(LARGE);
const LARGE_FILE: FileEntry = {
  ...{ type: "file", path: "large", mode: 0o644, uid: 0, gid: 0 },
  ...{ size: LARGE.length, digest: LARGE_BLOB },
};

// As long, but not compressed in the store: a file that is read as slowly as it is sent.
const NOISE = randomBytes(24 * 1024 * 1024);
const NOISE_FILE: FileEntry = { ...LARGE_FILE, path: "noise", size: NOISE.length, digest: sha256(NOISE) };

// A packet whose manifest is as long.
const LINKS = Array.from({ length: 5000 }, (_, i): SymlinkEntry => {
  const path = `link-${i}`;
  return { type: "symlink", path, target: `${i}/${"x".repeat(4000)}`, uid: 0, gid: 0 };
});

/** What is long, as archives: each is made once. */
const made = Promise.all([
  buffer(writeArchive([LARGE_FILE], () => Readable.from([LARGE]))),
  buffer(writeArchive(LINKS, () => Readable.from([]))),
]);

let server: TestServer;
let small = "";
let large = "";
let long = "";
let noise = "";

before(async () => {
  server = await TestServer.start([], { maxDownloads: 1, deviceReads: "any" });
  small = await addPacket(server, "small", ["v1"]);
  const [archive, links] = await made;
  large = await addPacket(server, "large", ["v1"], archive);
  const noisy = await buffer(writeArchive([NOISE_FILE], () => Readable.from([NOISE])));
  noise = await addPacket(server, "noise", ["v1"], noisy);
  long = await addPacket(server, "long", ["v1"], links);
  // What is compressed for devices after it is uploaded has files open as well.
  const isCompressed = (): boolean =>
    !readdirSync(blobs(), { recursive: true }).some((path) => /[0-9a-f]\.zst$/.test(`${path}`));
  await waitFor("what was uploaded to be compressed", () => isCompressed() || undefined);
  await closed();
});
after(() => server[Symbol.asyncDispose]());

function send(who: string, path: string, headers: Readonly<Record<string, string>> = {}): ClientRequest {
  const target = { host: "127.0.0.1", port: server.port, servername: "jamesd", agent: false as const };
  const sent = request({ ...target, ...server.credentials(who), path, headers });
  sent.on("error", () => undefined);
  sent.end();
  return sent;
}

/** Begins a download and does not read it. */
async function begin(who: string, path: string): Promise<IncomingMessage> {
  const [answer] = (await once(send(who, path), "response")) as [IncomingMessage];
  answer.on("error", () => undefined);
  assert.equal(answer.statusCode, 200);
  return answer;
}

const get = (who: string, path: string, headers = {}): Promise<Answer> =>
  server.open(who, { path, headers, agent: false });

const SMALL_URL = `/v1/blobs/${BLOB}`;

const blobs = (): string => `${server.dataDir}/blobs`;

const filesClosed = watchFiles({ after });

/** Waits until what was opened for answers that have gone out is closed. */
const closed = (): Promise<void> => filesClosed(blobs());

describe("what is opened ends with the answer", () => {
  test("HEAD opens nothing, and says what GET would", async () => {
    const paths = [`/v1/blobs/${LARGE_BLOB}`, `/v1/packets/${large}/archive`, `/v1/packets/${long}`];
    for (const path of [...paths, SMALL_URL, "/v1/packets"]) {
      const { status, headers, body } = await server.open("admin", { method: "HEAD", path, agent: false });
      assert.deepEqual([status, body.length], [200, 0], path);
      assert.deepEqual(openFilesBelow(blobs()), [], path);
      const whole = await get("admin", path);
      assert.equal(headers["content-length"], whole.headers["content-length"], path);
      assert.equal(headers["content-type"], whole.headers["content-type"], path);
      await closed();
    }
  });

  for (const [what, path, range] of [
    ["an archive", () => `/v1/packets/${noise}/archive`, undefined],
    ["a blob", () => `/v1/blobs/${NOISE_FILE.digest}`, undefined],
    ["a range of what is compressed", () => `/v1/blobs/${LARGE_BLOB}`, "bytes=1000000-"],
  ] as const)
    test(`${what} that nobody reads on is closed`, async () => {
      for (let i = 0; i < 5; i++) {
        const sent = send("admin", path(), range && { range });
        if (i > 0) {
          const [answer] = (await once(sent, "response")) as [IncomingMessage];
          answer.on("error", () => undefined);
        }
        sent.destroy();
      }
      await closed();
    });

  test("a range far behind in what is stored compressed costs no more than it gives", async () => {
    const last = { range: "bytes=-1" };
    const path = `/v1/blobs/${LARGE_BLOB}`;
    assert.equal((await get("admin", path, last)).status, 200);
    const near = await get("admin", path, { range: "bytes=1000-1004" });
    assert.deepEqual([near.status, near.body], [206, LARGE.subarray(1000, 1005)]);
    const rest = LARGE.length / 2;
    const half = await get("admin", path, { range: `bytes=${rest}-` });
    assert.deepEqual([half.status, half.body.length], [206, rest]);
  });
});

describe("with one slot", () => {
  test("a slow reader holds it; who comes then waits, and is served when the first is done", async () => {
    for (const path of [`/v1/blobs/${LARGE_BLOB}`, `/v1/packets/${large}/archive`, `/v1/packets/${long}`]) {
      const slow = await begin("admin", path);
      const events: string[] = [];
      const waiting = [SMALL_URL, `/v1/packets/${small}/bundle`].map((url) =>
        get("device-1", url).then((answer) => {
          events.push("served");
          return answer;
        }),
      );
      // By then they have asked: everything else is answered meanwhile.
      await report(server, "device-2");
      assert.equal((await get("device-2", `/v1/packets/${small}`)).status, 200);
      assert.equal((await get("device-2", "/v1/ping")).status, 204);
      events.push("the slow one reads");
      await buffer(slow);
      for (const { status, body } of await Promise.all(waiting))
        assert.deepEqual([status, body], [200, CONTENT]);
      assert.deepEqual(events, ["the slow one reads", "served", "served"]);
    }
  });

  test("a full queue is refused with when to come again; who hangs up frees the slot", async () => {
    const slow = await begin("device-1", `/v1/blobs/${LARGE_BLOB}`);
    const asked = Array.from({ length: SHARE + 1 }, () => get("device-2", SMALL_URL));
    const refused = await Promise.race(asked);
    assert.deepEqual([refused.status, codeOf(refused)], [503, "SERVER_BUSY"]);
    assert.match(refused.headers["retry-after"] ?? "", /^([5-9]|1[0-5])$/);
    assert.equal(refused.headers["cache-control"], "no-store");
    assert.equal("retryAfterMs" in JSON.parse(refused.body.toString()), false);
    slow.destroy();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [...Array.from({ length: SHARE }, () => 200), 503]);
  });

  test("one who hung up while waiting is not given it", async () => {
    const slow = await begin("device-1", `/v1/blobs/${LARGE_BLOB}`);
    const gone = send("device-2", SMALL_URL);
    await get("watcher", "/v1/ping");
    gone.destroy();
    await get("watcher", "/v1/ping");
    slow.destroy();
    assert.equal((await get("device-2", SMALL_URL)).status, 200);
  });

  test("every kind of answer gives it back", async () => {
    const known = { "if-none-match": `"${BLOB}"` };
    for (const [path, headers, status] of [
      [SMALL_URL, {}, 200],
      [SMALL_URL, known, 304],
      [SMALL_URL, { range: "bytes=5-9" }, 206],
      [SMALL_URL, { range: "bytes=99999-" }, 416],
      [`/v1/blobs/${NOTHING}`, {}, 404],
      ["/v1/blobs/nonsense", {}, 400],
      [`/v1/blobs/${LARGE_BLOB}`, {}, 200],
      [`/v1/packets/${NOTHING}/archive`, {}, 404],
      [`/v1/packets/${small}/archive?x=1`, {}, 400],
      [`/v1/packets/${large}/archive`, {}, 200],
      [`/v1/packets/${NOTHING}/bundle`, {}, 404],
      [`/v1/packets/${small}/bundle`, {}, 200],
    ] as const)
      assert.equal((await get("admin", path, headers)).status, status, path);
    assert.equal((await server.open("admin", { method: "HEAD", path: SMALL_URL, agent: false })).status, 200);
    assert.equal((await get("device-1", SMALL_URL)).status, 200);
  });
});

/** Impatient with readers, with one slot, and the data of the other server, which has ended. @returns paths of what is long */
async function startImpatient(): Promise<readonly [TestServer, readonly string[]]> {
  const settings = { maxDownloads: 1, deviceReads: "any" } as const;
  await server.stop();
  const impatient = await TestServer.start([], settings, { stalledReader: 200 }, undefined, server.dataDir);
  return [impatient, [`/v1/blobs/${LARGE_BLOB}`, `/v1/packets/${long}`]];
}

test("a reader that takes nothing loses its slot, whatever it sends meanwhile", async () => {
  const [impatient, paths] = await startImpatient();
  await using _ = impatient;
  for (const path of paths) {
    const options = { host: "127.0.0.1", port: impatient.port, servername: "jamesd" };
    const stalled = connect({ ...options, ...impatient.credentials("admin") });
    stalled.on("error", () => undefined);
    stalled.write(`GET ${path} HTTP/1.1\r\nHost: jamesd\r\n\r\nGET /v1/ping HTTP/1.1\r\n`);
    const dripping = setInterval(() => stalled.write("X: x\r\n"), 20).unref();
    try {
      await once(stalled, "readable");
      const { status } = await impatient.open("device-1", { path: SMALL_URL, agent: false });
      assert.equal(status, 200);
    } finally {
      clearInterval(dripping);
      stalled.destroy();
    }
  }
});

test("a reader that takes a byte at a time loses its slot", async () => {
  const [impatient, paths] = await startImpatient();
  await using _ = impatient;
  for (const path of paths) {
    await using line = await dripping(impatient.port);
    const options = { host: "127.0.0.1", port: line.port, servername: "jamesd" };
    const slow = connect({ ...options, ...impatient.credentials("admin") });
    slow.on("error", () => undefined);
    slow.write(`GET ${path} HTTP/1.1\r\nHost: jamesd\r\n\r\n`);
    await once(slow, "data");
    const before = line.taken;
    const { status } = await impatient.open("device-1", { path: SMALL_URL, agent: false });
    assert.equal(status, 200);
    assert.ok(line.taken > before, "it went on taking");
    slow.destroy();
  }
});

// A handshake and the beginning of an answer.
const AT_ONCE = 64 * 1024;

/** A line to a server over which the first bytes come at once, and then a byte at a time. */
async function dripping(port: number) {
  let taken = 0;
  const ends: Socket[] = [];
  const line = createServer((near) => {
    const one = Buffer.alloc(1);
    const callback = (_: number, byte: Uint8Array): boolean => {
      near.write(Buffer.from(byte));
      taken += 1;
      if (taken < AT_ONCE) return true;
      setTimeout(() => far.resume(), 5);
      return false;
    };
    const far = connectPlain({ host: "127.0.0.1", port, onread: { buffer: one, callback } });
    for (const end of [near, far]) end.on("error", () => undefined);
    near.pipe(far);
    ends.push(near, far);
  });
  await new Promise<void>((resolve) => line.listen(0, "127.0.0.1", resolve));
  return {
    port: (line.address() as AddressInfo).port,
    get taken() {
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      await new Promise((resolve) => line.close(resolve));
    },
  };
}
