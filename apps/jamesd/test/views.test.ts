import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sameForDevice, type Target } from "../src/fleet/target.ts";
import {
  aboveOf,
  admittedTo,
  devicesOf,
  IDS,
  ownBy,
  resolverOf,
  revertOf,
  said,
  seen,
  tagSetOf,
  viewsOf,
  worlds,
} from "./views-world.ts";

test("law: for who is not admitted to a rollout it is as if its revision had never been, numbers and packets too", () => {
  fc.assert(
    fc.property(worlds, ([made, tags, standing]) => {
      const views = viewsOf(made);
      for (const device of devicesOf(made, tags, standing)) {
        const admitted = admittedTo(made, device.id);
        const would = seen(
          made.filter(({ revision }) => admitted.has(revision)),
          device,
        );
        assert.deepEqual(views.target(device), would);
        assert.deepEqual(said(views.alike(device)), said(would));
        for (const { revision } of views.layers)
          assert.equal(views.admits(device, revision), admitted.has(revision));
      }
    }),
    { numRuns: 500 },
  );
});

test("law: a rollout that is over is as a revision for all, and reverted it is as if it had never been, but for numbers", () => {
  fc.assert(
    fc.property(worlds, fc.nat(), ([made, tags, standing], choice) => {
      const views = viewsOf(made);
      const live = views.layers.filter(
        ({ revision }) => !made.some(({ supersedes }) => supersedes.includes(revision)),
      );
      const one = live[choice % Math.max(1, live.length)];
      if (!one) return;
      const below = new Set<number>([one.revision]);
      for (const { revision, supersedes } of [...made].reverse())
        if (below.has(revision)) for (const other of supersedes) below.add(other);
      const left = views.layers.filter(({ revision }) => !below.has(revision));
      const finished = views.under(left);
      const asFinished = made.map((each) =>
        below.has(each.revision) ? { ...each, admitted: undefined, supersedes: [] } : each,
      );
      const stable = made.filter(({ revision }) => !below.has(revision));
      const back = revertOf(made, below, 100);
      const reverted = views.under(left, back.versions);
      for (const device of devicesOf(made, tags, standing)) {
        const admitted = admittedTo(asFinished, device.id);
        assert.deepEqual(
          finished.target(device),
          seen(
            made.filter(({ revision }) => admitted.has(revision)),
            device,
          ),
        );
        const own = ownBy([...made, back], device.id);
        const rest = stable.filter(({ revision }) => admittedTo(stable, device.id).has(revision));
        const would = resolverOf(rest).target({ ...device, own: ownBy(rest, device.id) });
        const packets = made.flatMap(({ revision, packet }) => (below.has(revision) && packet ? [1] : []));
        if (packets.length === 0) assert.deepEqual(said(reverted.target({ ...device, own })), said(would));
      }
    }),
    { numRuns: 500 },
  );
});

test("law: beside a rollout is what a device should have without it and with it, and it waits for what makes a difference", () => {
  fc.assert(
    fc.property(worlds, ([made, tags, standing]) => {
      const views = viewsOf(made);
      for (const device of devicesOf(made, tags, standing)) {
        const waits = views.layers.flatMap(({ revision }) => {
          const above = aboveOf(made, revision);
          const without = made.map((one) =>
            above.has(one.revision) ? { ...one, admitted: new Set<string>() } : one,
          );
          const next = made.map((one) =>
            one.revision === revision ? { ...one, admitted: new Set<string>(IDS) } : one,
          );
          const [a, b] = [without, next].map((these) => {
            const admitted = admittedTo(these, device.id);
            const would = made.filter((one) => admitted.has(one.revision));
            return seen(would, device);
          });
          const beside = views.beside(device, revision);
          assert.deepEqual([beside.without, beside.next], [a, b]);
          assert.ok(views.isAbout(device, revision) || sameForDevice(a, b));
          const isOpen = admittedTo(made, device.id).has(revision);
          return above.size > 1 || isOpen || sameForDevice(a, b) ? [] : [revision];
        });
        assert.deepEqual(views.waitsFor(device), waits);
      }
    }),
    { numRuns: 500 },
  );
});

test("law: mixtures are what a device may have to have, whomever rollouts admit, and nothing else", () => {
  fc.assert(
    fc.property(worlds, ([made, tags, standing]) => {
      const views = viewsOf(made);
      const rollouts = made.filter(({ admitted }) => admitted).map(({ revision }) => revision);
      for (const device of devicesOf(made, tags, standing)) {
        const all = new Set<string>();
        for (let set = 0; set < 2 ** rollouts.length; set++) {
          const open = new Set(rollouts.filter((_, i) => set & (1 << i)));
          const as = made.map((one) =>
            one.admitted ? { ...one, admitted: new Set<string>(open.has(one.revision) ? IDS : []) } : one,
          );
          const admitted = admittedTo(as, device.id);
          all.add(
            text(
              seen(
                made.filter(({ revision }) => admitted.has(revision)),
                device,
              ),
            ),
          );
        }
        const mixtures = new Set(views.mixtures(device).map(text));
        assert.deepEqual([...mixtures].sort(), [...all].sort());
        assert.ok(mixtures.has(text(views.target(device))));
      }
    }),
    { numRuns: 100 },
  );
});

/** What it comes to. */
function text(target: Target | undefined): string {
  return JSON.stringify([said(target)]);
}

test("without rollouts all devices that should have the same have one target, and a revision makes others", () => {
  const content = { selector: ["arm"], apps: [{ name: "vpn", tags: [] }], policy: {} };
  const views = viewsOf([]).with([{ kind: "spec", id: "a", revision: 1, content }]);
  const standing = { isManaged: false, wish: 0 };
  const [one, other] = ["d1", "d2"].map((id) => ({
    id,
    tagSet: tagSetOf(["arm"]),
    standing,
    own: undefined,
  }));
  assert.ok(one && other);
  assert.ok(views.target(one));
  assert.equal(views.target(one), views.target(other));
  assert.deepEqual(views.mixtures(one), [views.alike(one)]);
  assert.notEqual(views.anew().target(one), views.target(one));
  assert.deepEqual(views.waitsFor(one), []);
  assert.deepEqual(views.beside(one, 1), { without: views.target(one), next: views.target(one) });
  assert.equal(views.isAbout(one, 1), false);
});
