import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEventQuery } from "../src/http/event-query.ts";

const NOTHING = { device: undefined, kinds: undefined, since: undefined, until: undefined };
const ANY = { ...NOTHING, after: undefined, before: undefined, limit: 1000, isLast: false };

test("a query says which events, and how many of them", () => {
  assert.deepEqual(parseEventQuery({}), ANY);
  assert.deepEqual(
    parseEventQuery({
      ...{ device: "d", kinds: "revision,retry", since: "1", until: "2", after: "3", before: "4" },
      limit: "5",
    }),
    {
      ...{ device: "d", kinds: ["revision", "retry"], since: 1, until: 2, after: 3, before: 4 },
      ...{ limit: 5, isLast: false },
    },
  );
  assert.deepEqual(parseEventQuery({ last: "5" }), { ...ANY, limit: 5, isLast: true });
});

test("however many are asked for, a page has at most a thousand", () => {
  assert.deepEqual(parseEventQuery({ limit: "1001" }), ANY);
  assert.deepEqual(parseEventQuery({ last: "1001" }), { ...ANY, isLast: true });
});
