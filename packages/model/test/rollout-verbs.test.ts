import assert from "node:assert/strict";
import { test } from "node:test";
import { BEGUN, JamesError, type RolloutState, type RolloutVerb, told } from "../src/index.ts";

test("why it cannot be told something is said in words", () => {
  const refusal = (state: RolloutState, verb: RolloutVerb): string => {
    try {
      return told(state, verb, 3, 0).status;
    } catch (err) {
      return err instanceof JamesError ? `${err.message}. ${err.hint}` : String(err);
    }
  };
  assert.equal(
    refusal({ ...BEGUN, status: "paused" }, { kind: "approve" }),
    "a rollout that is paused cannot be approved. It can be resumed, promoted, reverted, superseded.",
  );
  assert.match(
    refusal({ ...BEGUN, status: "finished" }, { kind: "revert" }),
    /finished cannot be reverted\. It is over/,
  );
  assert.match(
    refusal({ ...BEGUN, status: "paused" }, { kind: "resume", isBreached: true }),
    /^it stays paused: more devices failed than may\. .*--accept/,
  );
  const promoted = (wave: number) => refusal({ ...BEGUN, wave }, { kind: "promote", wave: 1 });
  assert.deepEqual([1, 2, 3].map(promoted), [
    "wave 1 is open. Waves 2 to 3 can be opened.",
    "wave 1 is open. Wave 3 can be opened.",
    "wave 1 is open. All waves are open.",
  ]);
});
