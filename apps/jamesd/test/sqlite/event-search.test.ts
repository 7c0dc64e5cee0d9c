import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { EventQuery } from "../../src/repository/event-store.ts";
import { eventSearch } from "../../src/sqlite/event-search.ts";
import { migrate } from "../../src/sqlite/migrate.ts";

const db = new DatabaseSync(":memory:");
migrate(db, ":memory:");

/** What SQLite does for a query, a line each. */
function planOf(query: Omit<EventQuery, "limit">): readonly string[] {
  const { sql, values } = eventSearch({ ...query, limit: 10, specs: ["s"], first: 0 });
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(values);
  return steps.map(({ detail }) => String(detail));
}

const DEVICE = { id: "d", tags: ["arm"] };
const ASKED: Readonly<Record<string, Partial<EventQuery>>> = {
  "all events": {},
  "a device": { device: DEVICE },
  "a kind": { kinds: ["retry"] },
  "kinds of a device": { device: DEVICE, kinds: ["revision", "retry"] },
  "kinds of a device without revisions": { device: DEVICE, kinds: ["retry", "transaction"] },
};
const RANGES: Readonly<Record<string, Partial<EventQuery>>> = {
  everywhere: {},
  "after a sequence": { after: 5 },
  "before a sequence": { before: 5 },
  "in a time": { since: 5, until: 9 },
  "in a time after a sequence": { since: 5, until: 9, after: 5, before: 7 },
};

for (const [what, asked] of Object.entries(ASKED))
  for (const [where, range] of Object.entries(RANGES))
    for (const isLast of [false, true])
      test(`${what} ${where}, ${isLast ? "the last" : "the first"}: nothing is sorted, nor read in whole`, () => {
        const plan = planOf({ ...asked, ...range, isLast });
        // What is scanned are the lists that are given, and pages that were found.
        for (const step of plan) assert.doesNotMatch(step, /TEMP B-TREE|SCAN (events|documents)/);
        // In each of these indexes the rows of one value lie by their sequence.
        const found = plan.filter((step) => step.startsWith("SEARCH events"));
        const placed =
          /INTEGER PRIMARY KEY|INDEX events_by_(device|kind) \((device|kind)=\? AND (rowid>\?|rowid>\? AND rowid<\?)\)/;
        assert.ok(found.length > 0);
        for (const step of found) assert.match(step, placed);
      });
