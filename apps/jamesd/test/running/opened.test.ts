import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { Opened } from "../../src/running/opened.ts";

test("everything is closed once, the last first, whatever fails, and what failed is said together", async () => {
  const opened = new Opened();
  const closed: string[] = [];
  const add = (name: string, error?: Error) =>
    opened.add(async () => {
      closed.push(name);
      if (error) throw error;
    });
  add("lock");
  add("stores", new Error("cannot close"));
  add("timer");
  add("fleet", new JamesError("STORAGE_FULL", "no space left", { hint: "Make room." }));
  await assert.rejects(opened.close(), {
    code: "STORAGE_FULL",
    message: "no space left; cannot close",
    hint: "Make room.",
  });
  assert.deepEqual(closed, ["fleet", "timer", "stores", "lock"]);
  await opened.close();
  assert.equal(closed.length, 4);
});
