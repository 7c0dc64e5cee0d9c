import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../../src/running/turns.ts";

test("work on several keys waits for what was asked before on each, and holds up what comes after on each", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const first = Promise.withResolvers<undefined>();
  const work = (name: string, until?: Promise<undefined>) => async (): Promise<void> => {
    await until;
    done.push(name);
  };
  const all = [
    turns.take("a", work("a", first.promise)),
    turns.takeAll(["b", "a", "b"], work("both")),
    turns.takeAll(["a", "b"], work("both again")),
    turns.take("b", work("b")),
  ];
  await turns.take("c", work("c"));
  assert.deepEqual(done, ["c"]);
  first.resolve(undefined);
  await Promise.all(all);
  assert.deepEqual(done, ["c", "a", "both", "both again", "b"]);
});

test("work that fails fails for who asked for it alone", async () => {
  const turns = new Turns();
  const failed = turns.take("a", () => Promise.reject(new Error("no")));
  const next = turns.takeAll(["a", "b"], async () => "done");
  await assert.rejects(failed, /no/);
  assert.equal(await next, "done");
});
