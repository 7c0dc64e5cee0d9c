import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScenario, perform, usualScenario } from "../src/scenario.ts";

test("a scenario is a list of what is done and when", () => {
  assert.deepEqual(parseScenario("want@5, outage=7@30,wake@40,restart@50"), [
    { at: 5, what: "want", seconds: 15 },
    { at: 30, what: "outage", seconds: 7 },
    { at: 40, what: "wake", seconds: 15 },
    { at: 50, what: "restart", seconds: 15 },
  ]);
});

test("what is nothing to do is refused, with an example", () => {
  for (const wrong of ["", "want", "dance@3", "want@x", "toString@1"])
    assert.throws(() => parseScenario(wrong), /such as want@5/);
});

test("the usual one is in its order, and within the time", () => {
  const acts = usualScenario(2);
  assert.deepEqual(
    acts.map(({ at }) => at),
    acts.map(({ at }) => at).toSorted((a, b) => a - b),
  );
  assert.ok(acts.every(({ at, seconds }) => at + seconds < 120));
});

test("each act is done on the stage", async () => {
  const done: string[] = [];
  const stage = {
    want: async () => void done.push("want"),
    restart: async () => void done.push("restart"),
    outage: async (seconds: number) => void done.push(`outage ${seconds}`),
    wake: async () => void done.push("wake"),
  };
  for (const act of parseScenario("want@1,restart@2,outage=3@4,wake@5")) await perform(act, stage);
  assert.deepEqual(done, ["want", "restart", "outage 3", "wake"]);
});
