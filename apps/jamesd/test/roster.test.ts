import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { garbageCollector } from "@jamesd/config/collector";
import { type InstalledApp, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { Documents } from "../src/fleet/documents.ts";
import { PathChecks } from "../src/fleet/path-checks.ts";
import { Resolver } from "../src/fleet/resolver.ts";
import { type Member, Roster } from "../src/fleet/roster.ts";
import { PacketCache } from "../src/packets/packet-cache.ts";
import { type DeviceRow, rowOf } from "../src/repository/device-row.ts";
import { deviceOf } from "./repository/repository.contract.ts";

const apps = (name: string): readonly InstalledApp[] => [{ name, tags: [], digest: sha256(name) }];

/** Takes over a device with these tags and apps. */
function enlist(
  roster: Roster,
  id: string,
  systemtags: readonly string[],
  list = apps("a"),
  more = {},
): DeviceRow {
  const record = deviceOf(id);
  const row = { ...rowOf({ ...record, state: { systemtags, apps: list } }), ...more };
  roster.set(row, list);
  return row;
}

test("devices with the same tags share one object, and tags that no device has any more are forgotten", () => {
  const roster = new Roster();
  for (const id of ["a", "b"]) enlist(roster, id, ["x", "y"]);
  const shared = roster.tagSetOf("a");
  assert.equal(roster.tagSetOf("b"), shared);
  enlist(roster, "a", ["z"]);
  enlist(roster, "a", ["x", "y"]);
  assert.equal(roster.tagSetOf("a"), shared);
  roster.remove("a");
  roster.remove("a");
  enlist(roster, "b", ["z"]);
  enlist(roster, "b", ["x", "y"]);
  assert.notEqual(roster.tagSetOf("b"), shared);
  assert.deepEqual(roster.tagSetOf("b")?.tags, ["x", "y"]);
});

const id = fc.oneof(fc.constantFrom("a", "b", "c"), fc.stringMatching(/^[a-é𝄞]{1,5}$/u));
const op = fc.oneof(
  fc.record({
    op: fc.constant("set" as const),
    id,
    tags: fc.subarray(["x", "y", "z"]),
    app: fc.constantFrom("a", "b"),
    isManaged: fc.boolean(),
    wish: fc.nat(),
    isHalted: fc.boolean(),
    isUnsettled: fc.boolean(),
    drifted: fc.constantFrom(null, 0, 7),
    lastSeen: fc.nat(4e12),
    certEnds: fc.option(fc.nat(4e12)),
  }),
  fc.record({ op: fc.constant("remove" as const), id }),
  fc.record({ op: fc.constant("own" as const), id }),
  fc.record({ op: fc.constant("note" as const), id, time: fc.nat(4e12) }),
);

test("law: the roster knows what a list of all devices would, whoever comes, changes and goes", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const roster = new Roster();
      const plain = new Map<string, DeviceRow & { mayHaveOwn: boolean; app: string }>();
      for (const one of ops) {
        const known = plain.get(one.id);
        if (one.op === "set") {
          const { op: _, id, tags, app, ...more } = one;
          const row = enlist(roster, id, tags, apps(app), more);
          plain.set(id, { ...row, app, mayHaveOwn: known?.mayHaveOwn ?? false });
        } else if (one.op === "remove") {
          roster.remove(one.id);
          plain.delete(one.id);
        } else if (one.op === "own") {
          roster.markOwn(one.id);
          if (known) known.mayHaveOwn = true;
        } else {
          roster.note(one.id, { time: one.time, certEnds: undefined });
          if (known) plain.set(one.id, { ...known, lastSeen: one.time });
        }
      }
      const ids = [...plain.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const members = roster.after("", 100);
      assert.deepEqual(
        members.map((member) => member.id),
        ids,
      );
      assert.deepEqual(
        roster.after(ids[0] ?? "", 2).map((member) => member.id),
        ids.slice(1, 3),
      );
      assert.equal(roster.size, ids.length);
      assert.equal(roster.has("nobody"), false);
      for (const member of members)
        assert.deepEqual(said(member), expected(plain.get(member.id) ?? assert.fail()));
      for (const id of ids) assert.equal(roster.has(id), true);
      const held = [...roster.tagSets()].map(({ tags }) => tags.join()).sort();
      assert.deepEqual(held, [...new Set([...plain.values()].map((row) => row.systemtags.join()))].sort());
    }),
  );
});

function said({ tagSet, list, traits, ...member }: Member) {
  return { ...member, ...traits, tags: tagSet.tags, app: list.apps[0]?.name };
}

function expected({ systemtags, given: _, appsDigest: __, ...row }: DeviceRow) {
  const toSecond = (time: number) => Math.floor(time / 1000) * 1000;
  return {
    ...row,
    tags: systemtags,
    lastSeen: toSecond(row.lastSeen),
    certEnds: row.certEnds === null ? null : toSecond(row.certEnds),
    drifted: row.drifted && 1,
  };
}

test("ids are found after many came in any order, and most of them went", () => {
  const roster = new Roster();
  const ids = Array.from(
    { length: 6000 },
    (_, i) => `device-${((i * 7919) % 6000).toString().padStart(20, "0")}`,
  );
  for (const id of ids) enlist(roster, id, ["x"]);
  for (const id of ids.slice(0, 5000)) roster.remove(id);
  const left = ids.slice(5000).sort();
  assert.deepEqual(
    roster.after("", 9999).map((member) => member.id),
    left,
  );
  for (const id of ids) assert.equal(roster.has(id), left.includes(id));
  for (const id of ids.slice(0, 10)) enlist(roster, id, ["y"]);
  assert.deepEqual(roster.tagSetOf(ids[3] ?? "")?.tags, ["y"]);
});

test("what a resolver found for tags goes with them", async () => {
  const collect = garbageCollector();
  const roster = new Roster();
  const paths = new PathChecks(new PacketCache({ get: async () => undefined }));
  const resolver = new Resolver(Documents.of([], []), () => [], paths);
  const held = () => {
    enlist(roster, "a", ["x"]);
    const tagSet = roster.tagSetOf("a") ?? assert.fail();
    resolver.target({ id: "a", tagSet, standing: { isManaged: true, wish: 0 }, own: undefined });
    return new WeakRef(tagSet);
  };
  const tagSet = held();
  enlist(roster, "a", ["y"]);
  // Within this turn the reference itself holds it.
  await turn();
  collect({ type: "major", execution: "sync" });
  assert.equal(tagSet.deref(), undefined);
});
