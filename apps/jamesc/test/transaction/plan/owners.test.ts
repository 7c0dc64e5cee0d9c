import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePacket, type Policy } from "@jamesd/model";
import { readTree, skipUnless } from "@jamesd/testkit";
import "../faults/calls.ts";
import { Life } from "../faults/life.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const skip = skipUnless(process.getuid?.() === 0, "needs root to give files away");

/** A packet with a folder and two files of user 1000, on a shelf. */
function addOwned(shelf: Shelf, policy: Policy = {}) {
  const tree = { boot: { dir: 0o755 }, "boot/image": "image\n", "boot/link": { link: "image" } };
  const made = shelf.add("kernel", tree, {}, { policy });
  const manifest = made.manifest.map((entry) => ({ ...entry, uid: 1000, gid: 1000 }));
  const packet = makePacket({ ...made, manifest });
  shelf.packets.set(packet.digest, packet);
  return packet;
}

/** A file system that knows no owners: chown(2) to another one is refused. */
const onVfat = () => new Life(({ call }) => (/chown/i.test(call) ? { error: "EPERM" } : "go on"));

test("an owner that cannot be set is refused before anything is touched, with the file and the way out", {
  skip,
}, async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const packet = addOwned(shelf);
  const device = await bench.open();
  const result = await onVfat().run(() => device.carryOut(planFor([], [packet], shelf), shelf, NEVER));
  assert.match(
    result?.error?.message ?? "",
    /^cannot give the owner 1000:1000 to \/boot\/image: .*\(EPERM\)$/,
  );
  assert.match(result?.error?.hint ?? "", /owners: ignore/);
  assert.deepEqual(readTree(bench.root), {});
});

for (const [who, packetPolicy, wish] of [
  ["packet", { owners: "ignore" }, {}],
  ["desired state", {}, { owners: "ignore" }],
] as const)
  test(`owners: ignore, in the ${who}, leaves files to whom the device gives them`, { skip }, async () => {
    using bench = new Bench();
    const shelf = new Shelf();
    const packet = addOwned(shelf, packetPolicy);
    const device = await bench.open();
    const bring = (wanted: readonly (typeof packet)[]) =>
      device.carryOut(planFor(device.installed, wanted, shelf, 1, { policy: wish }), shelf, NEVER);
    assert.equal((await bring([packet])).outcome, "committed");
    const owners = Object.values(readTree(bench.root)).map(({ uid, gid }) => `${uid}:${gid}`);
    assert.deepEqual([...new Set(owners)], ["0:0"]);
    // What is as it would be put there is left where it is: its owner is none of the packet's.
    const { ino } = statSync(join(bench.root, "boot/image"));
    const next = makePacket({ ...packet, tags: ["v2"] });
    shelf.packets.set(next.digest, next);
    assert.equal((await bring([next])).outcome, "committed");
    assert.equal(statSync(join(bench.root, "boot/image")).ino, ino);
  });

test("the desired state's word on owners counts more than the packet's", { skip }, async () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const packet = addOwned(shelf, { owners: "ignore" });
  const device = await bench.open();
  const plan = planFor([], [packet], shelf, 1, { policy: { owners: "keep" } });
  await device.carryOut(plan, shelf, NEVER);
  assert.equal(statSync(join(bench.root, "boot/image")).uid, 1000);
});
