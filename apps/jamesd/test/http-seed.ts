import assert from "node:assert/strict";
import type { Agent } from "node:https";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { writeArchive } from "@jamesd/archive";
import {
  type App,
  type DirectoryEntry,
  type FileEntry,
  type InstalledApp,
  sha256,
  stateDigest,
} from "@jamesd/model";
import { type Answer, jsonOf, type TestServer } from "./http-server.ts";

/** The one file of the packet that `addPacket` adds. */
export const CONTENT = Buffer.from("0123456789".repeat(100));
export const BLOB = sha256(CONTENT);
export const NOTHING = sha256("nothing has this digest");

/** An archive with that file in it. */
export async function archiveOf(path: string): Promise<Buffer> {
  const owner = { uid: 0, gid: 0 };
  const folder: DirectoryEntry = { type: "directory", path: "opt", mode: 0o755, ...owner };
  const file: FileEntry = { type: "file", path, mode: 0o644, size: CONTENT.length, digest: BLOB, ...owner };
  return buffer(writeArchive([folder, file], () => Readable.from([CONTENT])));
}

/** Uploads and adds a packet over HTTP, of one file unless an archive is given; gives its digest. */
export async function addPacket(
  server: TestServer,
  name: string,
  tags: readonly string[],
  given?: Buffer,
  deltaFrom?: readonly string[],
): Promise<string> {
  const archive = given ?? (await archiveOf(`opt/${name}`));
  const upload = sha256(archive);
  const put = await server.send("admin", "PUT", `/v1/uploads/${upload}?offset=0`, { body: archive });
  assert.equal(put.status, 200, put.body.toString());
  const added = await server.send("admin", "POST", "/v1/packets", {
    body: { name, tags, upload, scripts: {}, ...(deltaFrom && { deltaFrom }) },
  });
  assert.equal(added.status, 200, added.body.toString());
  return (jsonOf(added) as { packet: { digest: string } }).packet.digest;
}

/** Reports a device's state in full. */
export async function report(server: TestServer, id: string, systemtags: readonly string[] = []) {
  const state = { systemtags, apps: [] };
  const body = { digest: stateDigest(state), state };
  const answer = await server.send(id, "POST", "/v1/checkin", { body });
  assert.equal(answer.status, 204, answer.body.toString());
  return body;
}

/** Has a device wait for news of what it should have. @returns the answer to come, once the server holds the check-in */
export async function hold(
  server: TestServer,
  id: string,
  digest: string,
  agent?: Agent,
): Promise<{ readonly answer: Promise<Answer> }> {
  const before = await lastSeen(server, id);
  await setTimeout(5);
  const headers = { prefer: "wait=60" };
  const answer = server.send(id, "POST", "/v1/checkin", {
    body: { digest },
    headers,
    ...(agent && { agent }),
  });
  answer.catch(() => undefined);
  // It is held, and not on its way, when the device was seen once more.
  while ((await lastSeen(server, id)) <= before) await setTimeout(5);
  return { answer };
}

async function lastSeen(server: TestServer, id: string): Promise<number> {
  const told = await server.send("admin", "GET", `/v1/devices/${id}`);
  return (jsonOf(told) as { lastSeen: number }).lastSeen;
}

/** Has a device that has a packet, because it was wanted, or none, want an app. */
export async function wish(server: TestServer, id: string, app: App, has?: InstalledApp): Promise<void> {
  if (has) {
    await wish(server, id, { name: has.name, tags: has.tags });
    await say(server, id, [has]);
  } else await say(server, id, []);
  await want(server, id, [app]);
}

/** Has a device say what it has. */
export async function say(server: TestServer, id: string, apps: readonly InstalledApp[]): Promise<void> {
  const state = { systemtags: [], apps: [...apps] };
  const body = { digest: stateDigest(state), state };
  const said = await server.send(id, "POST", "/v1/checkin", { body });
  assert.ok(said.status < 300, said.body.toString());
}

/** Says what a device should have. */
export async function want(server: TestServer, id: string, apps: readonly App[]): Promise<void> {
  const set = await server.send("admin", "PUT", `/v1/devices/${id}/desired`, { body: { apps } });
  assert.equal(set.status, 200, set.body.toString());
}
