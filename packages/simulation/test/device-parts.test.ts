import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { appsDigest, makePacket, makePlan, type Packet, sha256 } from "@jamesd/model";
import { makeAuthority, openAuthority } from "@jamesd/pki";
import type { PlanMessage } from "@jamesd/protocol/device";
import { carryOut } from "../src/carry-out.ts";
import { HEALTHY, habitsOf } from "../src/habits.ts";
import { identitiesOf } from "../src/identities.ts";
import { quietPause, reconnectPause } from "../src/pauses.ts";
import { hexDigits, randomFor } from "../src/random.ts";
import { VirtualDisk } from "../src/virtual-disk.ts";

const CONTENT = Buffer.from("content");
const SCRIPT = { digest: sha256("echo"), size: 4 };

function packetOf(version: string): Packet {
  const file = { path: "a", mode: 0o644, uid: 0, gid: 0, size: CONTENT.length, digest: sha256(CONTENT) };
  return makePacket({
    name: "app",
    tags: [version],
    scripts: { preinst: SCRIPT, prerm: SCRIPT },
    manifest: [{ type: "file", ...file }],
  });
}

function planTo(packet: Packet, disk: VirtualDisk): PlanMessage {
  const apps = [{ name: packet.name, tags: [...packet.tags], digest: packet.digest }];
  const { steps } = makePlan(disk.installed, apps, () => ["preinst", "prerm"]);
  return { format: 1, target: appsDigest(apps), revision: 3, steps: [...steps], apps, policy: {} };
}

const ATTEMPT = { id: "t", started: Date.now(), attempt: 1, fail: 0, random: randomFor("t") };

test("a disk takes nothing that is another thing than its digest says", () => {
  const disk = new VirtualDisk(new Map());
  const packet = packetOf("v1");
  assert.throws(() => disk.addPacket(packet.digest, packetOf("v2")), /is another packet/);
  assert.throws(() => disk.addPacket(packet.digest, { ...packet, name: "b" }), /is another packet/);
  assert.throws(() => disk.addBlob(sha256("x"), CONTENT), /is another content/);
});

test("what only one disk has fetched is not on another, and goes with the app that needed it", () => {
  const library = new Map();
  const [one, other] = [new VirtualDisk(library), new VirtualDisk(library)];
  const packet = packetOf("v1");
  one.addPacket(packet.digest, packet);
  one.addBlob(sha256(CONTENT), CONTENT);
  assert.ok(one.packet(packet.digest));
  assert.equal(other.packet(packet.digest), undefined);
  assert.ok(!other.has(sha256(CONTENT)));
  one.install([]);
  assert.equal(one.packet(packet.digest), undefined);
  assert.ok(!one.has(sha256(CONTENT)));
});

test("a plan is carried out as a whole, or not at all when a script fails", () => {
  const disk = new VirtualDisk(new Map());
  const packet = packetOf("v1");
  disk.addPacket(packet.digest, packet);
  const plan = planTo(packet, disk);
  const failed = carryOut(plan, disk, { ...ATTEMPT, fail: 1 });
  assert.deepEqual([failed.outcome, failed.error?.code], ["rolled-back", "SCRIPT_FAILED"]);
  assert.equal(failed.scripts.at(-1)?.exitCode, 1);
  assert.deepEqual(disk.installed, []);
  const done = carryOut(plan, disk, ATTEMPT);
  assert.deepEqual([done.outcome, done.target], ["committed", plan.target]);
  assert.deepEqual(disk.installed, plan.apps);
});

test("a plan that the device would not make is refused", () => {
  const disk = new VirtualDisk(new Map());
  const packet = packetOf("v1");
  disk.addPacket(packet.digest, packet);
  const { steps, ...plan } = planTo(packet, disk);
  assert.throws(() => carryOut({ ...plan, steps: steps.slice(1) }, disk, ATTEMPT), /and would be/);
});

test("a seed gives the same numbers and the same devices, and others to others", () => {
  const numbers = (...words: readonly string[]) => hexDigits(randomFor(...words), 32);
  assert.equal(numbers("s", "a"), numbers("s", "a"));
  assert.notEqual(numbers("s", "a"), numbers("s", "b"));
  const ids = Array.from({ length: 2000 }, (_, i) => `d${i}`);
  const bad = (seed: string) => ids.filter((id) => habitsOf({ ...HEALTHY, bad: 0.05 }, seed, id).isBad);
  assert.deepEqual(bad("s"), bad("s"));
  assert.notDeepEqual(bad("s"), bad("t"));
  assert.ok(bad("s").length > 60 && bad("s").length < 140, String(bad("s").length));
});

test("pauses grow with each failure to a minute; who was held to the end asks again at once", () => {
  assert.deepEqual(
    [1, 2, 3, 9].map((failures) => reconnectPause(failures, 0.5)),
    [1000, 1000, 2000, 30_000],
  );
  const quiet = {
    ...{ waitMs: 60_000, tookMs: 60_000, intervalMs: 60_000, isHolding: true },
    ...{ askAgainMs: undefined, deferredMs: undefined },
  };
  assert.equal(quietPause(quiet, 0.5), 0);
  assert.equal(quietPause({ ...quiet, tookMs: 1000 }, 0.5), 59_000);
  assert.equal(quietPause({ ...quiet, waitMs: 0, tookMs: 1 }, 0.5), 0, "news were acknowledged");
  assert.equal(quietPause({ ...quiet, waitMs: 0, tookMs: 0, isHolding: false }, 0.5), 60_000);
});

test("who is told when to ask again does so, unless a plan is to be tried again before that", () => {
  const quiet = { waitMs: 60_000, tookMs: 1, intervalMs: 1000, isHolding: true, askAgainMs: 300_000 };
  assert.equal(quietPause({ ...quiet, deferredMs: undefined }, 0.5), 300_000);
  assert.equal(quietPause({ ...quiet, deferredMs: 2000 }, 0.5), 2000);
});

test("certificates are made once for an authority, each with a key of its own", async () => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-fleet-"));
  const now = Date.now();
  const authority = await openAuthority(await makeAuthority(now));
  const cache = join(dir, "kept", "devices.json");
  const two = await identitiesOf({ authority, ids: ["a", "b"], cache, now });
  assert.notEqual(two.get("a")?.key, two.get("b")?.key);
  assert.equal(statSync(cache).mode & 0o777, 0o600);
  const three = await identitiesOf({ authority, ids: ["b", "c"], cache, now });
  assert.deepEqual([three.get("b"), [...three.keys()]], [two.get("b"), ["b", "c"]]);
  const other = await openAuthority(await makeAuthority(now));
  const anew = await identitiesOf({ authority: other, ids: ["a"], cache, now });
  assert.notDeepEqual(anew.get("a"), two.get("a"));
  rmSync(dir, { recursive: true });
});
