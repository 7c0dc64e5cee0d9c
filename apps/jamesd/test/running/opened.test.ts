import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { Opened, openParts } from "../../src/running/opened.ts";

test("everything is closed once, the last first, whatever fails, and what failed is said together", async () => {
  const opened = new Opened();
  const closed: string[] = [];
  const add = (name: string, error?: Error) =>
    opened.add({
      async close() {
        closed.push(name);
        if (error) throw error;
      },
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

test("what cannot be opened whole is closed again, and why it was not opened is what is said", async () => {
  const closed: string[] = [];
  const failures: unknown[] = [];
  const part = (name: string) => ({
    close() {
      closed.push(name);
      throw new JamesError("INTERNAL", `cannot close ${name}`);
    },
  });
  const opening = openParts(
    async (opened) => {
      for (const name of ["lock", "stores"]) opened.add(part(name));
      throw new JamesError("STORE_CORRUPT", "cannot load");
    },
    (thrown) => failures.push(thrown),
  );
  await assert.rejects(opening, { code: "STORE_CORRUPT", message: "cannot load" });
  assert.deepEqual(closed, ["stores", "lock"]);
  assert.equal(failures.length, 1);
});

test("parts that were opened whole are one part", async () => {
  const closed: string[] = [];
  const opened = await openParts(
    async (parts) => {
      parts.add({ close: () => closed.push("it") });
      return { name: "whole" };
    },
    () => assert.fail("nothing failed"),
  );
  assert.equal(opened.name, "whole");
  assert.deepEqual(closed, []);
  await opened.close();
  assert.deepEqual(closed, ["it"]);
});
