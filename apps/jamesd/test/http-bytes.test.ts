import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { brotliDecompressSync, zstdDecompressSync } from "node:zlib";
import { writeArchive } from "@jamesd/archive";
import { bundleOf, type Entry, type FileEntry, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { parseRange } from "../src/http/bytes.ts";
import { waitOf } from "../src/http/prefer.ts";
import { addPacket, BLOB, CONTENT, NOTHING } from "./http-seed.ts";
import { type Answer, jsonOf, TestServer } from "./http-server.ts";

const SIZE = CONTENT.length;
let server: TestServer;
let packet = "";

before(async () => {
  server = await TestServer.start([], { deviceReads: "any" });
  packet = await addPacket(server, "vpn", ["v1"]);
});
after(() => server[Symbol.asyncDispose]());

const getBlob = (headers = {}): Promise<Answer> =>
  server.send("device-1", "GET", `/v1/blobs/${BLOB}`, { headers });

describe("blobs", () => {
  test("the whole, named by its digest, for ever", async () => {
    const { status, headers, body } = await getBlob();
    assert.deepEqual([status, body], [200, CONTENT]);
    assert.equal(headers.etag, `"${BLOB}"`);
    assert.equal(headers["cache-control"], "public, max-age=31536000, immutable");
    assert.equal(headers["accept-ranges"], "bytes");
    assert.equal(headers["content-length"], String(SIZE));
  });

  const ranges: Readonly<Record<string, [start: number, end: number]>> = {
    "bytes=0-0": [0, 0],
    "bytes=0-99": [0, 99],
    "bytes=100-199": [100, 199],
    "bytes=990-": [990, SIZE - 1],
    "bytes=0-": [0, SIZE - 1],
    "bytes=-10": [SIZE - 10, SIZE - 1],
    "bytes=-99999": [0, SIZE - 1],
    "bytes=500-99999999999999999999": [500, SIZE - 1],
  };
  for (const [range, [start, end]] of Object.entries(ranges))
    test(`Range: ${range}`, async () => {
      const { status, headers, body } = await getBlob({ range });
      assert.deepEqual([status, body], [206, CONTENT.subarray(start, end + 1)]);
      assert.equal(headers["content-range"], `bytes ${start}-${end}/${SIZE}`);
      assert.equal(headers["content-length"], String(end - start + 1));
      assert.equal(headers.etag, `"${BLOB}"`);
    });

  test("who has it is told so without a look at it; who asks for any is not", async () => {
    const gone = `/v1/blobs/${NOTHING}`;
    const known = { headers: { "if-none-match": `"x", "${NOTHING}"` } };
    assert.equal((await server.send("device-1", "GET", gone, known)).status, 304);
    assert.equal(
      (await server.send("device-1", "GET", gone, { headers: { "if-none-match": "*" } })).status,
      404,
    );
    const manifest = `/v1/packets/${packet}`;
    const has = { headers: { "if-none-match": `"${packet}"` } };
    for (const path of [manifest, `${manifest}/bundle`])
      assert.equal((await server.send("device-1", "GET", path, has)).status, 304);
  });

  for (const range of [`bytes=${SIZE}-`, "bytes=99999999-100000000", "bytes=-0"])
    test(`Range: ${range} cannot be satisfied, and no cache may keep that`, async () => {
      const { status, headers, body } = await getBlob({ range });
      assert.deepEqual([status, headers["content-range"], body.length], [416, `bytes */${SIZE}`, 0]);
      assert.equal(headers["cache-control"], "no-store");
    });

  for (const range of [
    "bytes=0-1,5-6",
    "bytes=5-4",
    "lines=0-1",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "nonsense",
  ])
    test(`Range: ${range} is passed over`, async () => {
      const { status, body } = await getBlob({ range });
      assert.deepEqual([status, body], [200, CONTENT]);
    });

  test("If-Range gives the part when it is the same, else the whole", async () => {
    const range = "bytes=5-9";
    assert.equal((await getBlob({ range, "if-range": `"${BLOB}"` })).status, 206);
    for (const other of ['"other"', `W/"${BLOB}"`, "Mon, 23 Nov 2026 22:00:00 GMT"])
      assert.equal((await getBlob({ range, "if-range": other })).status, 200, other);
  });

  for (const known of [`"${BLOB}"`, `"other", "${BLOB}"`, `W/"${BLOB}"`, "*"])
    test(`If-None-Match: ${known.replace(BLOB, "…")} is not sent again`, async () => {
      const { status, headers, body } = await getBlob({ "if-none-match": known });
      assert.deepEqual([status, headers.etag, body.length], [304, `"${BLOB}"`, 0]);
      assert.match(headers["cache-control"] ?? "", /immutable/);
    });

  test("If-None-Match of something else gets it", async () => {
    for (const other of ['"other"', BLOB, `"${BLOB.slice(1)}"`])
      assert.equal((await getBlob({ "if-none-match": other })).status, 200, other);
  });
});

describe("packets", () => {
  test("a packet is immutable as well, and not sent again to who knows it", async () => {
    const path = `/v1/packets/${packet}`;
    const answer = await server.send("device-1", "GET", path);
    assert.equal((jsonOf(answer) as { digest: string }).digest, packet);
    assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
    assert.deepEqual(
      [answer.headers.etag, answer.headers["cache-control"]],
      [`"${packet}"`, "public, max-age=31536000, immutable"],
    );
    const again = await server.send("device-1", "GET", path, { headers: { "if-none-match": `"${packet}"` } });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
  });

  test("what may change is not kept", async () => {
    for (const path of ["/v1/packets", "/v1/devices", `/v1/uploads/${BLOB}`])
      assert.equal((await server.send("admin", "GET", path)).headers["cache-control"], "no-store", path);
  });
});

describe("large blobs that are stored compressed", () => {
  const text = Buffer.from("one line of many that are alike\n".repeat(20_000));
  const digest = sha256(text);
  const get = (headers = {}): Promise<Answer> =>
    server.send("device-1", "GET", `/v1/blobs/${digest}`, { headers });
  before(async () => {
    const entry = {
      type: "file",
      path: "text",
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: text.length,
      digest,
    } as const;
    await addPacket(server, "text", [], await buffer(writeArchive([entry], () => Readable.from([text]))));
  });

  test("go out as they are stored to who takes brotli, under a name of their own", async () => {
    for (const accept of ["br", "gzip, br;q=0.5", "gzip,BR", "br, zstd;q=0"]) {
      const { headers, body } = await get({ "accept-encoding": accept });
      assert.deepEqual([headers["content-encoding"], headers.etag], ["br", `"${digest}-br"`]);
      assert.equal(headers.vary, "accept-encoding");
      assert.equal(headers["content-length"], String(body.length));
      assert.deepEqual(brotliDecompressSync(body), text);
    }
  });

  test("go out under zstd to who takes that, whatever else he takes", async () => {
    for (const accept of ["zstd", "br, zstd", "zstd;q=0.1, br;q=1", "gzip,ZSTD , br;q=0"]) {
      const { headers, body } = await get({ "accept-encoding": accept });
      assert.deepEqual([headers["content-encoding"], headers.etag], ["zstd", `"${digest}-zstd"`]);
      assert.equal(headers.vary, "accept-encoding");
      assert.deepEqual(zstdDecompressSync(body), text);
    }
    const known = { "accept-encoding": "zstd, br", "if-none-match": `"${digest}-zstd"` };
    assert.equal((await get(known)).status, 304);
  });

  test("go out as they were to others", async () => {
    for (const accept of [undefined, "gzip", "br;q=0", "brotli", "gzip, br; q=0.0", "zstd; q=0, br;q=0"]) {
      const { headers, body } = await get(accept === undefined ? {} : { "accept-encoding": accept });
      assert.deepEqual([headers["content-encoding"], headers.etag], [undefined, `"${digest}"`]);
      assert.deepEqual([headers.vary, body], ["accept-encoding", text]);
    }
  });

  test("go on in the form in which they began, or start anew", async () => {
    const whole = await get({ "accept-encoding": "br" });
    const rest = { "accept-encoding": "br", range: "bytes=10-" };
    const on = await get({ ...rest, "if-range": `"${digest}-br"` });
    assert.deepEqual([on.status, on.body], [206, whole.body.subarray(10)]);
    const other = await get({ ...rest, "if-range": `"${digest}"` });
    assert.deepEqual([other.status, other.body], [200, whole.body]);
    const plain = await get({ range: "bytes=10-19" });
    assert.deepEqual([plain.status, plain.body], [206, text.subarray(10, 20)]);
    const known = await get({ "accept-encoding": "br", "if-none-match": `"${digest}-br"` });
    assert.equal(known.status, 304);
    assert.equal((await get({ "if-none-match": `"${digest}-br"` })).status, 200);
  });
});

test("law: a range lies within the size, and is what was asked for as far as there is any", () => {
  const number = fc.option(fc.nat(20), { nil: undefined });
  fc.assert(
    fc.property(number, number, fc.nat(15), (from, to, size) => {
      const got = parseRange(`bytes=${from ?? ""}-${to ?? ""}`, size);
      const all = Array.from({ length: size }, (_, i) => i);
      if (from === undefined && to === undefined) return assert.equal(got, undefined);
      if (from !== undefined && to !== undefined && to < from) return assert.equal(got, undefined);
      const wanted =
        from === undefined
          ? all.slice(size - Math.min(size, to ?? 0))
          : all.filter((i) => i >= from && i <= (to ?? size));
      if (wanted.length === 0) return assert.equal(got, "unsatisfiable");
      assert.deepEqual(got, { start: wanted[0], end: wanted.at(-1) });
    }),
    { numRuns: 2000 },
  );
});

test("Prefer: wait is read in every form of RFC 7240, and nothing else is", () => {
  const table: Readonly<Record<string, number>> = {
    "wait=30": 30_000,
    "Wait=30": 30_000,
    'wait="30"': 30_000,
    "wait = 30": 30_000,
    "respond-async, wait=30": 30_000,
    "wait=30; foo": 30_000,
    "wait=0": 0,
    "await=30": 0,
    "wait=-1": 0,
    "wait=x": 0,
    wait: 0,
    "": 0,
  };
  for (const [prefer, milliseconds] of Object.entries(table))
    assert.equal(waitOf({ prefer }), milliseconds, prefer);
  assert.equal(waitOf({}), 0);
});

describe("bundles", () => {
  // More than one batch of the server's reads, by number and by bytes.
  const small = Array.from({ length: 100 }, (_, n) => `${n},`.repeat(n * 40 + 1));
  const texts = [small[5] ?? "", "", ...small, "large".repeat(20_000)];
  const names = texts.map((_, n) => String(n).padStart(3, "0"));
  const manifest: readonly Entry[] = texts.map((text, n): FileEntry => {
    const owner = { uid: 0, gid: 0 };
    const path = names[n] ?? "";
    return { type: "file", path, mode: 0o644, size: text.length, digest: sha256(text), ...owner };
  });
  const contentOf = (digest: string): string => texts.find((text) => sha256(text) === digest) ?? "";
  const expected = Buffer.from([small[5], ...small.toSpliced(5, 1)].join(""));
  let url = "";
  before(async () => {
    const archive = await buffer(writeArchive(manifest, (digest) => Readable.from([contentOf(digest)])));
    url = `/v1/packets/${await addPacket(server, "many", ["v1"], archive)}/bundle`;
  });

  test("hold the small contents, each once, in the order of their paths, for ever", async () => {
    const { status, headers, body } = await server.send("device-1", "GET", url);
    assert.equal(status, 200);
    assert.ok(body.equals(expected));
    assert.equal(headers["content-length"], String(expected.length));
    assert.equal(headers["cache-control"], "public, max-age=31536000, immutable");
    const known = { headers: { "if-none-match": String(headers.etag) } };
    assert.equal((await server.send("device-1", "GET", url, known)).status, 304);
  });

  test("give any range", async () => {
    const positions = fc.nat({ max: expected.length - 1 });
    await fc.assert(
      fc.asyncProperty(positions, positions, async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const range = { headers: { range: `bytes=${start}-${end}` } };
        const { status, body } = await server.send("device-1", "GET", url, range);
        assert.equal(status, 206);
        assert.ok(body.equals(expected.subarray(start, end + 1)));
      }),
      { numRuns: 100 },
    );
  });

  test("of nothing are empty", async () => {
    const archive = await buffer(writeArchive([], () => Readable.from([])));
    const digest = await addPacket(server, "empty", ["v1"], archive);
    const { status, body } = await server.send("device-1", "GET", `/v1/packets/${digest}/bundle`);
    assert.deepEqual([status, body.length], [200, 0]);
  });

  test("break off before a blob that is gone or of another length, rather than give something else", async () => {
    const spoiled = bundleOf(manifest)[70];
    assert.ok(spoiled);
    const path = join(server.dataDir, "blobs", spoiled.digest.slice(0, 2), spoiled.digest);
    assert.ok(readdirSync(join(path, "..")).includes(spoiled.digest));
    for (const spoil of [() => writeFileSync(path, "short"), () => rmSync(path)]) {
      spoil();
      await assert.rejects(server.send("device-1", "GET", url), /aborted|hang up|ECONNRESET/);
      const rest = { headers: { range: `bytes=${spoiled.start + spoiled.size}-` } };
      const { body } = await server.send("device-1", "GET", url, rest);
      assert.ok(body.equals(expected.subarray(spoiled.start + spoiled.size)), "those behind it can be had");
    }
  });
});
