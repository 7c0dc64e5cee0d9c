import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BEGUN, type DocumentChange } from "@jamesd/model";
import fc from "fast-check";
import type { Touch } from "../../src/repository/document-store.ts";
import type { RolloutQuery } from "../../src/repository/rollout-store.ts";
import { own, packetOf, type RepositoryFixture, spec } from "./repository.contract.ts";
import { allEvents } from "./repository-events.contract.ts";
import { rolloutCountContract } from "./repository-rollout-counts.contract.ts";
import {
  begin,
  FIRST,
  LATER,
  ORIGIN,
  OVERTAKEN,
  REQUEST,
  rolloutOf,
  SECOND,
  stateOf,
} from "./rollout-values.ts";
import { withFixture } from "./with-fixture.ts";

/** What every adapter must do with rollouts. */
export function rolloutContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);
  rolloutCountContract(name, open);

  describe(`${name}: rollouts`, () => {
    test(
      "begin with the revision that they spread, and are there after a new start",
      within(async ({ documents }, fixture) => {
        await documents.commit([spec("s", ["x"], [])], REQUEST);
        const rollout = rolloutOf([], 2);
        const changes = [spec("s", ["x", "y"], []), own("d", [])];
        const made = await documents.commit(changes, REQUEST, 1, { rollout });
        assert.equal(made.revision, 2);
        const expected = {
          ...{ revision: 2, seed: 2, settings: rollout.settings, began: REQUEST.time },
          ...{ author: "olga", message: "vpn 2", packet: null, supersedes: [], endedBy: null },
          ...{ step: 1, stepped: REQUEST.time, stepAuthor: "olga", stepMessage: "vpn 2", state: BEGUN },
          documents: [
            { kind: "device", id: "d", stable: 0 },
            { kind: "spec", id: "s", stable: 1 },
          ],
          ...{ waves: [FIRST], excused: [] },
        };
        const again = await fixture.reopen();
        assert.deepEqual(await again.rollouts.counting(), [expected]);
        assert.deepEqual(await again.rollouts.get(2), expected);
        assert.equal(await again.rollouts.get(1), undefined);
      }),
    );

    test(
      "go on in steps, each after the newest",
      within(async (repository, fixture) => {
        await begin(repository);
        const { rollouts } = repository;
        const second = stateOf({ wave: 2, openedMs: 9 });
        await rollouts.step(1, 1, { state: second, opens: [SECOND], excuses: ["b", "a"] }, LATER);
        await assert.rejects(rollouts.step(1, 1, { state: BEGUN }, LATER), OVERTAKEN);
        await assert.rejects(rollouts.step(7, 0, { state: BEGUN }, LATER), OVERTAKEN);
        const steady = stateOf({ wave: 2, openedMs: 9, steadyMs: 12 });
        await rollouts.step(1, 2, { state: steady, excuses: ["b"] }, { ...LATER, message: "" });
        const again = (await fixture.reopen()).rollouts;
        const [rollout] = await again.counting();
        assert.deepEqual(rollout?.waves, [FIRST, SECOND]);
        assert.deepEqual(rollout.excused, ["a", "b"]);
        assert.deepEqual(rollout.state, steady);
        const from = { author: "james", time: LATER.time };
        assert.deepEqual(await again.steps(1), [
          {
            ...{ step: 1, state: BEGUN, opened: [{ wave: FIRST.wave, devices: 2 }], excused: 0 },
            ...{ author: "olga", message: "vpn 2", time: REQUEST.time },
          },
          {
            ...{ step: 2, state: second, opened: [{ wave: SECOND.wave, devices: 1 }], excused: 2 },
            ...{ ...from, message: "green" },
          },
          { step: 3, state: steady, opened: [], excused: 1, ...from, message: "" },
        ]);
        assert.deepEqual(await again.steps(2), []);
      }),
    );

    test(
      "tell of every step in the feed, and in the log unless only its steadiness is another",
      within(async (repository) => {
        await begin(repository);
        const { rollouts, feed } = repository;
        await rollouts.step(1, 1, { state: stateOf({ steadyMs: 5 }) }, LATER);
        await rollouts.step(1, 2, { state: stateOf({ steadyMs: 7 }), excuses: ["a"] }, LATER);
        await rollouts.step(1, 3, { state: stateOf({ wave: 2 }), opens: [SECOND] }, LATER);
        const breach = stateOf({ wave: 2, status: "paused", before: "running", trouble: "breach" });
        await rollouts.step(1, 4, { state: breach }, LATER);
        const revision = { kind: "revision", revision: 1, position: 1 };
        const told = [2, 3, 4, 5, 6].map((position) => ({ kind: "rollout", rollout: 1, position }));
        assert.deepEqual(await feed.changes(0), [revision, ...told]);
        const events = (await allEvents(repository)).filter(({ kind }) => kind === "rollout");
        const { message, ...later } = LATER;
        const common = { kind: "rollout", rollout: 1, waves: 3, message };
        assert.deepEqual(
          events.map(({ sequence: _, ...event }) => event),
          [
            {
              ...{ ...common, ...ORIGIN, message: REQUEST.message },
              ...{ step: 1, status: "running", wave: 1, devices: 2 },
            },
            { ...common, ...later, step: 3, status: "running", wave: 1 },
            { ...common, ...later, step: 4, status: "running", wave: 2, devices: 1 },
            { ...common, ...later, step: 5, status: "paused", wave: 2, trouble: "breach" },
          ],
        );
      }),
    );

    test(
      "take the place of others, which count as long as they do, with what those spread",
      within(async (repository, fixture) => {
        const { documents } = repository;
        await begin(repository);
        const next = [spec("s", ["y"], []), spec("t", ["x"], [])];
        await documents.commit(next, REQUEST, undefined, { rollout: rolloutOf([1]) });
        await documents.commit([spec("t", ["y"], [])], REQUEST, undefined, { rollout: rolloutOf([2]) });
        await documents.commit([spec("u", ["y"], [])], REQUEST, undefined, { rollout: rolloutOf() });
        const { rollouts } = await fixture.reopen();
        const counting = await rollouts.counting();
        assert.deepEqual(
          counting.map(({ revision, supersedes, state, endedBy }) => [
            ...[revision, supersedes, state.status, endedBy],
          ]),
          [
            [1, [], "superseded", 2],
            [2, [1], "superseded", 3],
            [3, [2], "running", null],
            [4, [], "running", null],
          ],
        );
        const taken = [
          { kind: "spec", id: "s", stable: 0 },
          { kind: "spec", id: "t", stable: 0 },
        ];
        assert.deepEqual(counting[1]?.documents, taken);
        assert.deepEqual(counting[2]?.documents, taken);
        await rollouts.step(3, 1, { state: stateOf({ status: "finished" }) }, LATER);
        assert.deepEqual(
          (await rollouts.counting()).map(({ revision }) => revision),
          [4],
        );
      }),
    );

    test(
      "are listed newest first, of all, of those that are live or over, and of a document",
      within(async ({ documents, rollouts }) => {
        for (const id of ["s", "t", "u"])
          await documents.commit([spec(id, ["x"], [])], REQUEST, undefined, { rollout: rolloutOf() });
        await rollouts.step(2, 1, { state: stateOf({ status: "finished" }) }, LATER);
        const many = Array.from({ length: 25 }, (_, i) => own(`d${i}`, []));
        await documents.commit(many, REQUEST, undefined, { rollout: rolloutOf([3]) });
        const listed = async (query: Partial<RolloutQuery>) => {
          const found = await rollouts.list({ limit: 9, ...query });
          const heads = found.map(({ changed: _, documents: __, admitted: ___, ...head }) => head);
          assert.deepEqual(await rollouts.heads({ limit: 9, ...query }), heads);
          return found.map(({ revision }) => revision);
        };
        assert.deepEqual(await listed({}), [4, 3, 2, 1]);
        assert.deepEqual(await listed({ before: 4, limit: 2 }), [3, 2]);
        assert.deepEqual(await listed({ isLive: true }), [4, 1]);
        assert.deepEqual(await listed({ isLive: true, before: 4 }), [1]);
        assert.deepEqual(await listed({ isLive: false }), [3, 2]);
        const document = { kind: "spec", id: "u" } as const;
        assert.deepEqual(await listed({ document }), [4, 3]);
        assert.deepEqual(await listed({ document, isLive: true }), [4]);
        assert.deepEqual(await listed({ document, isLive: false, before: 4 }), [3]);
        const [newest] = await rollouts.list({ limit: 1 });
        const { waves: _, excused: __, documents: all, ...head } = (await rollouts.get(4)) ?? assert.fail();
        assert.deepEqual(newest, { ...head, changed: 26, documents: all.slice(0, 20), admitted: 2 });
      }),
    );

    test(
      "spread packets with a revision that changes no document",
      within(async (repository) => {
        const packet = packetOf("vpn", ["v2"]);
        const rollout = { ...rolloutOf(), message: "vpn 2", judgedAt: 0 };
        const added = await repository.packets.add(packet, ORIGIN, undefined, rollout);
        assert.ok(added.created);
        const [counting] = await repository.rollouts.counting();
        assert.deepEqual(
          { revision: counting?.revision, packet: counting?.packet, documents: counting?.documents },
          { revision: 1, packet: packet.digest, documents: [] },
        );
        const stale = { ...rolloutOf(), message: "", judgedAt: 1 };
        const other = packetOf("vpn", ["v3"]);
        await assert.rejects(repository.packets.add(other, ORIGIN, undefined, stale), OVERTAKEN);
        await repository.packets.add(packet, ORIGIN, undefined, { ...rolloutOf(), message: "" });
        assert.equal(await repository.revisions.newest(), 1);
        const ends = [{ revision: 1, step: 1, state: stateOf({ status: "reverted" }) }];
        await repository.packets.remove(packet.digest, ORIGIN, undefined, { message: "bad", ends });
        assert.deepEqual(await repository.rollouts.counting(), []);
        assert.equal((await repository.rollouts.get(1))?.endedBy, 2);
      }),
    );

    test(
      "documents can be read as if some revisions had never been",
      within(async ({ documents }) => {
        for (const selector of [["x"], ["y"], ["z"]])
          await documents.commit([spec("s", selector, [])], REQUEST);
        await documents.commit([{ kind: "spec", id: "s", content: null }], REQUEST);
        const selectors = async (...except: number[]) =>
          (await documents.specs(new Set(except))).map(({ content }) => content.selector);
        assert.deepEqual(await selectors(), []);
        assert.deepEqual(await selectors(4), [["z"]]);
        assert.deepEqual(await selectors(3, 4), [["y"]]);
        assert.deepEqual(await selectors(1, 2, 3, 4), []);
        const touched = async (...except: number[]) =>
          (await documents.touches(new Set(except))).map(({ selector, revision }) => [...selector, revision]);
        const [all, without] = [await touched(), await touched(2, 4)];
        assert.deepEqual(all.sort(), [
          ["x", 2],
          ["y", 3],
          ["z", 4],
        ]);
        assert.deepEqual(without.sort(), [
          ["x", 3],
          ["z", 3],
        ]);
      }),
    );

    test("law: read without some revisions, documents are as where these were never made", () =>
      fc.assert(
        fc.asyncProperty(fc.array(revisionOfSpecs, { maxLength: 12 }), async (revisions) => {
          const [except, all, fewer] = [new Set<number>(), await open(), await open()];
          try {
            for (const [i, { isLeftOut, changes }] of revisions.entries()) {
              await all.repository.documents.commit(changes, REQUEST);
              if (isLeftOut) {
                except.add(i + 1);
                await fewer.repository.revisions.skip(i + 1);
              } else await fewer.repository.documents.commit(changes, REQUEST);
            }
            const [read, expected] = [all.repository.documents, fewer.repository.documents];
            assert.deepEqual(await read.specs(except), await expected.specs());
            const touches = await read.touches(except);
            assert.deepEqual(bySelector(touches), bySelector(await expected.touches()));
          } finally {
            for (const fixture of [all, fewer]) await fixture.dispose();
          }
        }),
        { numRuns: 25 },
      ));
  });
}

/** Said again also when it is so already, so that each is a revision. */
const revisionOfSpecs = fc.record({
  isLeftOut: fc.boolean(),
  changes: fc
    .dictionary(fc.constantFrom("s", "t"), fc.option(fc.subarray(["x", "y"])), { minKeys: 1 })
    .map((specs) =>
      Object.entries(specs).map(([id, selector]): DocumentChange => {
        const change = selector ? spec(id, selector, []) : { kind: "spec" as const, id, content: null };
        return { ...change, isRepeated: true };
      }),
    ),
});

function bySelector(touches: readonly Touch[]) {
  return new Map(touches.map(({ selector, revision }) => [selector.join(), revision]));
}
