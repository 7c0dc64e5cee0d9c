import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BEGUN, type DocumentChange } from "@jamesd/model";
import type { Repository } from "../../src/repository/repository.ts";
import type { RolloutChange } from "../../src/repository/rollout-store.ts";
import { packetOf, type RepositoryFixture, spec } from "./repository.contract.ts";
import { begin, LATER, ORIGIN, OVERTAKEN, REQUEST, rolloutOf, stateOf } from "./rollout-values.ts";
import { withFixture } from "./with-fixture.ts";

/** What every adapter must do with rollouts that a revision begins or ends, and with the time that they count. */
export function rolloutEndingContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);

  describe(`${name}: the ends of rollouts`, () => {
    test(
      "end with a revision, which says so; over, they take no further step",
      within(async (repository, fixture) => {
        await begin(repository);
        const reverted = stateOf({ status: "reverted", trouble: "breach" });
        const ends = [{ revision: 1, step: 1, state: reverted }];
        const taken: DocumentChange = { kind: "spec", id: "s", content: null };
        const request = { ...LATER, message: "takes 1 back" };
        await repository.documents.commit([taken], request, 2, { ends });
        const { rollouts, feed } = await fixture.reopen();
        assert.deepEqual(await rollouts.counting(), []);
        const { state, endedBy, step, stepped, stepAuthor, stepMessage } =
          (await rollouts.get(1)) ?? assert.fail();
        assert.deepEqual({ state, endedBy, step }, { state: reverted, endedBy: 2, step: 2 });
        const by = { time: stepped, author: stepAuthor, message: stepMessage };
        assert.deepEqual({ ...by, address: "" }, request);
        assert.deepEqual(
          (await feed.changes(2))?.map(({ kind }) => kind),
          ["revision", "rollout"],
        );
        await assert.rejects(rollouts.step(1, 2, { state: BEGUN }, LATER), OVERTAKEN);
      }),
    );

    test(
      "begin and end with their revision or not at all",
      within(async (repository) => {
        const { documents, rollouts, packets } = repository;
        await begin(repository);
        await documents.commit([spec("t", ["x"], [])], REQUEST, undefined, { rollout: rolloutOf() });
        await rollouts.step(1, 1, { state: stateOf({ status: "finished" }) }, LATER);
        const before = await everything(repository);
        const next = [spec("t", ["y"], []), spec("v", ["y"], [])];
        const superseded = stateOf({ status: "superseded" });
        const stale = [
          { revision: 2, step: 1, state: superseded },
          { revision: 1, step: 1, state: superseded },
        ];
        const attempts: readonly [RolloutChange, object, number?][] = [
          [{ rollout: rolloutOf([2, 1]) }, { code: "ROLLOUT_STATUS" }],
          [{ rollout: rolloutOf([2, 7]) }, OVERTAKEN],
          [{ ends: stale }, OVERTAKEN],
          [{ ends: [{ revision: 2, step: 1, state: superseded }] }, OVERTAKEN, 4],
          [{ rollout: rolloutOf() }, OVERTAKEN, 4],
        ];
        for (const [change, error, judgedAt] of attempts)
          await assert.rejects(documents.commit(next, REQUEST, judgedAt, change), error);
        const packet = packetOf("vpn", ["v2"]);
        const over = { ...rolloutOf([1]), message: "" };
        await assert.rejects(packets.add(packet, ORIGIN, undefined, over), { code: "ROLLOUT_STATUS" });
        assert.deepEqual(await everything(repository), before);
        const same = [spec("t", ["x"], [])];
        const ends = [{ revision: 2, step: 1, state: superseded }];
        await documents.commit(same, REQUEST, undefined, { rollout: rolloutOf(), ends });
        assert.deepEqual(await everything(repository), before);
      }),
    );

    test(
      "what server runs there were is known as long as a live rollout can ask",
      within(async (repository, fixture) => {
        const { runs } = repository;
        await runs.note({ from: 5, until: 9 });
        await runs.note({ from: 5, until: 12 });
        await runs.note({ from: 5, until: 11 });
        assert.deepEqual(await runs.since(11), [{ from: 5, until: 12 }]);
        assert.deepEqual(await runs.since(12), []);
        await begin(repository);
        const began = REQUEST.time;
        await runs.note({ from: began - 9, until: began + 1 });
        await runs.note({ from: began + 5, until: began + 7 });
        const again = await fixture.reopen();
        const both = [
          { from: began - 9, until: began + 1 },
          { from: began + 5, until: began + 7 },
        ];
        assert.deepEqual(await again.runs.since(0), both);
        await again.rollouts.step(1, 1, { state: stateOf({ status: "finished" }) }, LATER);
        await again.runs.note({ from: began + 20, until: began + 21 });
        assert.deepEqual(await again.runs.since(0), [{ from: began + 20, until: began + 21 }]);
      }),
    );
  });
}

/** All that a revision may change. */
async function everything({ documents, revisions, rollouts, packets, events, feed }: Repository) {
  return {
    documents: await documents.all(),
    revisions: await revisions.list({ limit: 99 }),
    counting: await rollouts.counting(),
    rollouts: await rollouts.list({ limit: 99 }),
    packets: await packets.all(),
    events: await events.page({ limit: 999, isLast: false }),
    changes: await feed.changes(0),
  };
}
