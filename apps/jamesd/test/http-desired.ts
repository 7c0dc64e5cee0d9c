import assert from "node:assert/strict";
import { after } from "node:test";
import { stateDigest } from "@jamesd/model";
import type { Applied } from "@jamesd/protocol";
import { addPacket } from "./http-seed.ts";
import { jsonOf, TestServer } from "./http-server.ts";

/** Apps that the packets of `start` fulfil. */
export const VPN1 = { name: "vpn", tags: ["v1"] };
export const VPN2 = { name: "vpn", tags: ["v2"] };
export const WEB1 = { name: "web", tags: ["v1"] };

/** Device 1 runs on arm, device 2 on x86; there are vpn in two versions and web in one. */
export async function start(more: readonly string[] = []): Promise<TestServer> {
  seeded ??= seed();
  const { dataDir } = await seeded;
  return TestServer.start(more, {}, {}, undefined, dataDir);
}

/** A server that was stopped, of whose folder each begins with a copy: three packets cost more than a server. */
let seeded: Promise<TestServer> | undefined;
after(async () => (await seeded)?.[Symbol.asyncDispose]());

async function seed(): Promise<TestServer> {
  const server = await TestServer.start();
  await reportTags(server, "device-1", ["arm"]);
  await reportTags(server, "device-2", ["x86"]);
  await addPacket(server, "vpn", ["v1"]);
  await addPacket(server, "vpn", ["v2"]);
  await addPacket(server, "web", ["v1"]);
  await server.stop();
  return server;
}

/** Reports a device without apps. */
export async function reportTags(server: TestServer, who: string, systemtags: string[]): Promise<void> {
  const state = { systemtags, apps: [] };
  const body = { digest: stateDigest(state), state };
  const answer = await server.send(who, "POST", "/v1/checkin", { body });
  assert.ok(answer.status < 300, answer.body.toString());
}

/** A spec, as `apply` takes it. */
export function spec(id: string, selector: string[], apps: object[], more: object = {}) {
  return { kind: "spec", id, selector, apps, ...more };
}

/** A desired state of a device, as `apply` takes it. */
export function own(id: string, apps: object[], more: object = {}) {
  return { kind: "device", id, apps, ...more };
}

/** Applies documents as the operator. */
export async function apply(server: TestServer, documents: object[], more: object = {}): Promise<Applied> {
  const answer = await server.send("admin", "POST", "/v1/revisions", { body: { documents, ...more } });
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf(answer) as Applied;
}

/** Reads something as the viewer. */
export async function get<T>(server: TestServer, path: string): Promise<T> {
  const answer = await server.send("watcher", "GET", path);
  assert.equal(answer.status, 200, answer.body.toString());
  return jsonOf(answer) as T;
}

/** The apps that a device should have, whatever packets they are. */
export async function wants(server: TestServer, id: string): Promise<object[] | undefined> {
  const { effective } = await view(server, id);
  return effective?.apps.map(({ name, tags, spec }) => ({ name, tags, spec }));
}

/** What the tests look at of a device. */
export interface View {
  readonly sync: string;
  readonly revision: number | null;
  readonly specs: string[];
  readonly effective: {
    apps: { name: string; tags: string[]; spec: string | null; digest: string | null }[];
  } | null;
  readonly problem: { code: string; message: string } | null;
}

/** A device. */
export const view = (server: TestServer, id: string): Promise<View> => get<View>(server, `/v1/devices/${id}`);
