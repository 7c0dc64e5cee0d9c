import assert from "node:assert/strict";
import { test } from "node:test";
import { nearWords } from "../src/nearest.ts";

const KEYS = ["kind", "id", "selector", "apps", "revision"] as const;

for (const [word, expected] of [
  ["selektor", "selector"],
  ["selectors", "selector"],
  ["appz", "apps"],
  ["app", "apps"],
  ["revison", "revision"],
  ["kidn", undefined],
  ["i", undefined],
  ["name", undefined],
  ["", undefined],
  ["x".repeat(100_000), undefined],
] as const)
  test(`the key nearest to "${word.slice(0, 20)}" is ${expected ?? "none"}`, () =>
    assert.equal(nearWords(word, KEYS)[0], expected));
