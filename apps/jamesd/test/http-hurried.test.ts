import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { brotliDecompressSync, zstdDecompressSync } from "node:zlib";
import { writeArchive } from "@jamesd/archive";
import { type FileEntry, sha256 } from "@jamesd/model";
import { addPacket } from "./http-seed.ts";
import { type Answer, TestServer } from "./http-server.ts";

const LINES = Array.from({ length: 500_000 }, (_, n) => `line ${n} ${(n * 2654435761) % 2 ** 32}`);
const CONTENT = Buffer.from(LINES.join("\n"));
const BLOB = sha256(CONTENT);
const BR = { "accept-encoding": "br" };
const ZSTD = { "accept-encoding": "zstd, br" };

test("from the first moment on a large content is given out in three forms only, whose parts fit together whenever they were fetched", async () => {
  await using server = await TestServer.start([], { deviceReads: "any" });
  const get = (headers = {}): Promise<Answer> =>
    server.send("device-1", "GET", `/v1/blobs/${BLOB}`, { headers });
  const file: FileEntry = {
    ...{ type: "file", path: "f", mode: 0o644, uid: 0, gid: 0 },
    ...{ size: CONTENT.length, digest: BLOB },
  };
  await addPacket(server, "large", [], await buffer(writeArchive([file], () => Readable.from([CONTENT]))));
  const early = await Promise.all([
    get({ range: "bytes=0-999999" }),
    get({ ...BR, range: "bytes=0-9999" }),
    get(BR),
    get(),
    get({ ...ZSTD, range: "bytes=0-9999" }),
    get(ZSTD),
  ]);
  const [plainPart, part, compressed, plain, zstdPart, zstd] = early;
  assert.deepEqual([plainPart.status, plainPart.body], [206, CONTENT.subarray(0, 1_000_000)]);
  assert.deepEqual([plain.headers.etag, plain.body.equals(CONTENT)], [`"${BLOB}"`, true]);
  for (const { headers } of [part, compressed])
    assert.deepEqual([headers["content-encoding"], headers.etag], ["br", `"${BLOB}-br"`]);
  assert.ok(brotliDecompressSync(compressed.body).equals(CONTENT));
  assert.deepEqual(part.body, compressed.body.subarray(0, 10_000));
  const rest = await get({ ...BR, range: "bytes=10000-", "if-range": part.headers.etag });
  assert.deepEqual([rest.status, rest.body.equals(compressed.body.subarray(10_000))], [206, true]);
  for (const { headers } of [zstdPart, zstd])
    assert.deepEqual([headers["content-encoding"], headers.etag], ["zstd", `"${BLOB}-zstd"`]);
  assert.ok(zstdDecompressSync(zstd.body).equals(CONTENT));
  assert.deepEqual(zstdPart.body, zstd.body.subarray(0, 10_000));
  const zstdRest = await get({ ...ZSTD, range: "bytes=10000-", "if-range": zstdPart.headers.etag });
  assert.deepEqual([zstdRest.status, zstdRest.body.equals(zstd.body.subarray(10_000))], [206, true]);
  const plainRest = await get({ range: "bytes=1000000-", "if-range": plainPart.headers.etag });
  assert.ok(CONTENT.subarray(1_000_000).equals(plainRest.body.subarray(-CONTENT.length + 1_000_000)));
});
