import assert from "node:assert/strict";
import { test } from "node:test";
import { compareAccounts } from "../src/accounts.ts";

const one = { device: "a", id: "1", revision: 1, outcome: "committed" };
const other = { ...one, id: "2" };
const ofAClone = { ...one, device: "clone" };
const compare = (done: readonly (typeof one)[], told: readonly (typeof one)[]) =>
  compareAccounts(done, told, (device) => device === "clone");

test("what was done and not told is lost, what was told and not done, or twice, is doubled", () => {
  assert.deepEqual(compare([one, other], [other, one]), { lost: [], doubled: [] });
  assert.deepEqual(compare([one, other], [one]), { lost: [other], doubled: [] });
  assert.deepEqual(compare([one], [one, one, other]), { lost: [], doubled: [one, other] });
  assert.deepEqual(compare([one], [{ ...one, outcome: "rolled-back" }]).lost, [one]);
});

test("of a device with two machines nothing is said", () => {
  assert.deepEqual(compare([ofAClone], []), { lost: [], doubled: [] });
  assert.deepEqual(compare([], [ofAClone]), { lost: [], doubled: [] });
});
