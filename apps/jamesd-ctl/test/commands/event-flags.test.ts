import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsRequest } from "../../src/commands/event-flags.ts";

const NOTHING = { since: undefined, until: undefined, last: undefined, all: false, follow: false };

test("--last bounds what --since and --all ask for as well; without it only what nothing else bounds is bounded", () => {
  for (const [given, last] of [
    [{}, 100],
    [{ last: 3 }, 3],
    [{ all: true }, undefined],
    [{ since: 5 }, undefined],
    [{ until: 5 }, 100],
    [{ all: true, last: 3 }, 3],
    [{ since: 5, last: 3 }, 3],
  ] as const)
    assert.equal(eventsRequest({ ...NOTHING, ...given }).last, last, JSON.stringify(given));
});
