import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, beforeEach, describe, test } from "node:test";
import { writeArchive } from "@jamesd/archive";
import {
  type App,
  type Content,
  type Digest,
  type FileEntry,
  type InstalledApp,
  sha256,
} from "@jamesd/model";
import { ROUTES, type Route } from "@jamesd/protocol";
import { addPacket, NOTHING, say, want } from "./http-seed.ts";
import { type Answer, jsonOf, TestServer } from "./http-server.ts";

/** A packet with one file, and enough small ones that a whole bundle pays. */
interface Sample {
  readonly app: App;
  readonly packet: Digest;
  readonly blob: Digest;
}

let server: TestServer;
let ours: Sample;
let theirs: Sample;
let next: Sample;

before(async () => {
  server = await TestServer.start();
  ours = await add("ours", "v1");
  theirs = await add("theirs", "v1");
  next = await add("theirs", "v2");
});
after(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const id of ["device-1", "device-2"])
    await server.send("admin", "DELETE", `/v1/devices/${id}?force=true`);
});

const LARGE = randomBytes(200_000);

async function add(name: string, tag: string): Promise<Sample> {
  const texts = Array.from({ length: 100 }, (_, n) => `${name} ${n}\n`.repeat(200));
  const bytes = [...texts.map((text) => Buffer.from(text)), Buffer.concat([LARGE, Buffer.from(name + tag)])];
  const files = bytes.map(
    (content, n): FileEntry => ({
      ...{ type: "file", path: `opt/${name}-${n}`, mode: 0o644, uid: 0, gid: 0 },
      ...{ size: content.length, digest: sha256(content) },
    }),
  );
  const open = (digest: Digest) =>
    Readable.from(bytes.filter((content) => sha256(content) === digest).slice(0, 1));
  const packet = await addPacket(server, name, [tag], await buffer(writeArchive(files, open)));
  return { app: { name, tags: [tag] }, packet, blob: files.at(-1)?.digest ?? "" };
}

const installed = ({ app, packet }: Sample): InstalledApp => ({ ...app, digest: packet });

/** A device that has one packet, because it was wanted. */
async function has(id: string, sample: Sample): Promise<void> {
  await say(server, id, []);
  await want(server, id, [sample.app]);
  await say(server, id, [installed(sample)]);
}

const get = (who: string, path: string, headers = {}, method = "GET"): Promise<Answer> =>
  server.send(who, method, path, { headers });

/** What a device may read of a packet by its digest, and of its content by its own. */
async function statuses(id: string, { packet, blob }: Sample): Promise<readonly number[]> {
  const paths = [`/v1/packets/${packet}`, `/v1/packets/${packet}/bundle`, `/v1/blobs/${blob}`];
  return Promise.all(paths.map(async (path) => (await get(id, path)).status));
}
const READ = [200, 200, 200];
const REFUSED = [404, 404, 404];

/** A delta and a whole bundle that were made for the first device. */
async function made(): Promise<readonly Content[]> {
  await has("device-1", theirs);
  await want(server, "device-1", [next.app]);
  const paths = [
    `/v1/packets/${next.packet}/delta?base=${theirs.packet}`,
    `/v1/packets/${next.packet}/whole-bundle`,
  ];
  const answers = await Promise.all(paths.map((path) => get("device-1", path, { prefer: "wait=60" })));
  for (const { status, body } of answers) assert.equal(status, 200, body.toString());
  return answers.map((answer) => jsonOf(answer) as Content);
}

/** Every route by which a device may read something that a digest names. */
const BY_DIGEST = Object.values<Route>(ROUTES).filter(
  ({ roles, path }) => roles.includes("device") && path.includes(":digest"),
);

describe("a device reads its own", () => {
  test("the routes that this is about are all there are", () => {
    const others = Object.values<Route>(ROUTES).filter(
      (route) => route.method === "GET" && route.roles.includes("device") && !BY_DIGEST.includes(route),
    );
    assert.deepEqual(others.map(({ path }) => path).sort(), ["/v1/about", "/v1/ping"]);
  });

  for (const { path } of BY_DIGEST)
    test(`GET ${path}: what is another's is as if it was not there`, async () => {
      await has("device-2", ours);
      const [delta, bundle] = await made();
      const foreign = path.startsWith("/v1/blobs")
        ? [theirs.blob, next.blob, delta?.digest ?? "", bundle?.digest ?? ""]
        : [theirs.packet, next.packet];
      // It says that it has them; that gives it nothing.
      await say(server, "device-2", [installed(ours), installed(theirs)]);
      const ask = (digest: Digest, headers: object, method: string): Promise<Answer> => {
        const query = path.endsWith("delta") ? `?base=${ours.packet}` : "";
        return get("device-2", path.replace(":digest", digest) + query, headers, method);
      };
      for (const digest of foreign)
        for (const method of ["GET", "HEAD"])
          for (const headers of [{}, { range: "bytes=0-9" }, { "if-none-match": `"${digest}"` }]) {
            const [answer, none] = [await ask(digest, headers, method), await ask(NOTHING, headers, method)];
            assert.equal(answer.status, path.endsWith("delta") ? 204 : 404, digest);
            assert.equal(answer.status, none.status);
            assert.equal(answer.body.toString(), none.body.toString().replaceAll(NOTHING, digest));
            assert.deepEqual(withoutOwn(answer), withoutOwn(none));
          }
    });

  test("a delta of what is its own, from what is another's, is none", async () => {
    await made();
    await has("device-2", next);
    await say(server, "device-2", [installed(next), { ...installed(theirs), name: "more" }]);
    const path = `/v1/packets/${next.packet}/delta?base=${theirs.packet}`;
    assert.equal((await get("device-1", path)).status, 200);
    assert.equal((await get("device-2", path)).status, 204);
  });

  test("people read everything", async () => {
    for (const who of ["admin", "watcher"]) assert.deepEqual(await statuses(who, theirs), READ);
  });
});

describe("a device's own are", () => {
  test("what it is to get, and what was made of that", async () => {
    const blobs = await made();
    assert.deepEqual(await statuses("device-1", next), READ);
    for (const { digest, size } of blobs) {
      const { status, body } = await get("device-1", `/v1/blobs/${digest}`);
      assert.deepEqual([status, body.length], [200, size]);
    }
  });

  test("what it has, while it is to get something else, and after it says more of itself", async () => {
    await has("device-1", theirs);
    await want(server, "device-1", [ours.app]);
    assert.deepEqual(await statuses("device-1", theirs), READ);
    await say(server, "device-1", [installed(theirs)]);
    assert.deepEqual(await statuses("device-1", theirs), READ);
  });

  test("the plan that it was sent, while a newer one is there", async () => {
    await say(server, "device-1", []);
    await want(server, "device-1", [theirs.app]);
    await say(server, "device-1", []);
    await want(server, "device-1", [ours.app]);
    assert.deepEqual(await statuses("device-1", theirs), READ);
    assert.deepEqual(await statuses("device-1", ours), READ);
    await say(server, "device-1", []);
    assert.deepEqual(await statuses("device-1", theirs), REFUSED);
  });

  test("not what it had before", async () => {
    await has("device-1", theirs);
    await want(server, "device-1", [ours.app]);
    await say(server, "device-1", [installed(ours)]);
    assert.deepEqual(await statuses("device-1", theirs), REFUSED);
    // It says that it has it again, which nobody told it to.
    await say(server, "device-1", [installed(ours), installed(theirs)]);
    assert.deepEqual(await statuses("device-1", theirs), REFUSED);
    assert.deepEqual(await statuses("device-1", ours), READ);
  });

  test("what it said that it has, once that is wanted for it", async () => {
    await say(server, "device-1", [installed(theirs)]);
    assert.deepEqual(await statuses("device-1", theirs), REFUSED);
    await want(server, "device-1", [theirs.app]);
    assert.deepEqual(await statuses("device-1", theirs), READ);
    await say(server, "device-1", [installed(theirs)]);
    await want(server, "device-1", [ours.app]);
    assert.deepEqual(await statuses("device-1", theirs), READ);
  });

  test("nothing, before it checked in and after it was removed", async () => {
    await want(server, "device-1", [ours.app]);
    assert.deepEqual(await statuses("device-1", ours), REFUSED);
    await has("device-1", ours);
    assert.deepEqual(await statuses("device-1", ours), READ);
    await server.send("admin", "DELETE", "/v1/devices/device-1?force=true");
    assert.deepEqual(await statuses("device-1", ours), REFUSED);
  });

  test("nothing of a packet that was removed", async () => {
    const gone = await add("gone", "v1");
    await has("device-1", gone);
    assert.deepEqual(await statuses("device-1", gone), READ);
    await server.send("admin", "DELETE", `/v1/packets/${gone.packet}?force=true`);
    assert.deepEqual(await statuses("device-1", gone), REFUSED);
  });
});

/** The headers of an answer without what is of its own: when, and which request it was. */
function withoutOwn({ headers: { date: _, "x-request-id": __, ...others } }: Answer): object {
  return others;
}
