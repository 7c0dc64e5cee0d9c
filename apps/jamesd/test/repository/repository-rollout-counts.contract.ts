import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RepositoryFixture } from "./repository.contract.ts";
import { begin } from "./rollout-values.ts";
import { withFixture } from "./with-fixture.ts";

/** What every adapter must do with how rollouts went. */
export function rolloutCountContract(name: string, open: () => Promise<RepositoryFixture>): void {
  describe(`${name}: counts of rollouts`, () => {
    test(
      "are there after a new start, oldest first, of each time once",
      withFixture(open)(async (repository, fixture) => {
        await begin(repository);
        const counts = (done: number) => ({ done, busy: 0, failed: 0, silent: 1, unreached: 0 });
        const noted = (time: number, done: number) => ({ time, waves: [counts(done), counts(0)] });
        for (const one of [noted(7, 1), noted(9, 2), noted(9, 3), noted(8, 4)])
          await repository.rolloutCounts.note(1, one);
        await assert.rejects(repository.rolloutCounts.note(2, noted(7, 1)), "of a rollout that is none");
        const again = (await fixture.reopen()).rolloutCounts;
        assert.deepEqual(await again.of(1, 9), [noted(7, 1), noted(8, 4), noted(9, 3)]);
        assert.deepEqual(await again.of(1, 2), [noted(8, 4), noted(9, 3)]);
        assert.deepEqual(await again.of(2, 9), []);
      }),
    );
  });
}
