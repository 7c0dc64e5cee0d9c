import assert from "node:assert/strict";
import { test } from "node:test";
import { PROGRESS, ROLLOUT_STATUSES } from "@jamesd/model";
import { SYNC_STATUSES, TRANSACTION_OUTCOMES } from "@jamesd/protocol";
import { lookOf, statusWords } from "../src/logic/status.ts";

test("each status has a form of its own within its group, not only a colour", () => {
  for (const group of ["sync", "presence", "outcome", "rollout", "progress", "app", "attention"] as const) {
    const shapes = statusWords(group).map((word) => lookOf(group, word).shape);
    assert.ok(shapes.length > 1, group);
    assert.deepEqual(shapes, [...new Set(shapes)], group);
  }
});

test("whatever the server says has a look, and what it may say later too", () => {
  assert.deepEqual(statusWords("sync"), SYNC_STATUSES);
  assert.deepEqual(statusWords("outcome"), TRANSACTION_OUTCOMES);
  for (const word of [...PROGRESS, ...ROLLOUT_STATUSES])
    assert.notEqual(
      lookOf(PROGRESS.some((one) => one === word) ? "progress" : "rollout", word).shape,
      "dash",
      word,
    );
  for (const word of ["later", "constructor", "__proto__", ""])
    assert.deepEqual(lookOf("sync", word), { shape: "dash", tone: "faint" });
});
