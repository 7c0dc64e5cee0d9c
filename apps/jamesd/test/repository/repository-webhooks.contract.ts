import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RepositoryFixture } from "./repository.contract.ts";
import { withFixture } from "./with-fixture.ts";

/** What every adapter of the repository must do with how far receivers of webhooks are. */
export function webhookContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const on = withFixture(open);
  describe(`${name}: how far receivers of webhooks are`, () => {
    test(
      "is kept of each, until it is forgotten",
      on(async ({ webhooks }, fixture) => {
        assert.equal(await webhooks.position("a"), undefined);
        for (const position of [3, 7]) await webhooks.note("a", position);
        await webhooks.note("b", 0);
        await webhooks.note("c", 1);
        const again = (await fixture.reopen()).webhooks;
        assert.deepEqual(await Promise.all(["a", "b", "c"].map((one) => again.position(one))), [7, 0, 1]);
        await again.keepOnly(["b", "d"]);
        const left = await Promise.all(["a", "b", "c", "d"].map((one) => again.position(one)));
        assert.deepEqual(left, [undefined, 0, undefined, undefined]);
      }),
    );
  });
}
