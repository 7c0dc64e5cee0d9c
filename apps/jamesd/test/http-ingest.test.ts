import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { writeArchive } from "@jamesd/archive";
import { type Entry, sha256 } from "@jamesd/model";
import { openFilesBelow } from "@jamesd/testkit";
import { TestServer } from "./http-server.ts";

const CONTENT = Buffer.alloc(100_000, "content ");

/** The archive of one file. */
async function archive(): Promise<Buffer> {
  const file: Entry = {
    ...{ type: "file", path: "opt/tool", uid: 0, gid: 0, mode: 0o755 },
    ...{ size: CONTENT.length, digest: sha256(CONTENT) },
  };
  return buffer(writeArchive([file], () => Readable.from([CONTENT])));
}

async function upload(server: TestServer, bytes: Buffer): Promise<string> {
  const digest = sha256(bytes);
  const sent = await server.send("admin", "PUT", `/v1/uploads/${digest}?offset=0`, { body: bytes });
  assert.equal(sent.status, 200, sent.body.toString());
  return digest;
}

function add(server: TestServer, name: string, upload: string, who = "admin") {
  return server.send(who, "POST", "/v1/packets", {
    body: { name, tags: ["v1"], upload, scripts: {}, conffiles: [], policy: {}, setid: false },
    agent: server.agent(`${who} ${name}`),
  });
}

describe("packets are made of archives", () => {
  test("two at a time, however many are asked for", async () => {
    await using server = await TestServer.start();
    const tar = await archive();
    const uploads = await Promise.all(
      Array.from({ length: 6 }, (_, n) => upload(server, Buffer.concat([tar, Buffer.alloc(512 * n)]))),
    );
    let isAdding = true;
    const answers = Promise.all(uploads.map((digest, n) => add(server, `p${n}`, digest))).finally(() => {
      isAdding = false;
    });
    let most = 0;
    // An archive is open while it is read, and twice while it is seen whether it is what was read while it came.
    for (; isAdding; await setImmediate())
      most = Math.max(most, new Set(openFilesBelow(`${server.dataDir}/uploads`)).size);
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      Array(6).fill(200),
    );
    assert.equal(most, 2);
  });
});

test("a thread is begun for who asks what a packet would change and may send it, and for nobody else", async (t) => {
  await using server = await TestServer.start();
  let begun = 0;
  const count = (): void => {
    begun += 1;
  };
  process.on("worker", count);
  t.after(() => process.off("worker", count));
  const ask = (who: string) => server.send(who, "GET", "/v1/impact?name=a&tags=v1");
  assert.equal((await ask("watcher")).status, 200);
  assert.equal(begun, 0);
  assert.equal((await ask("admin")).status, 200);
  assert.equal(begun, 1);
});
