import assert from "node:assert/strict";
import { mkdirSync, readlinkSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { memoryFolder } from "@jamesd/testkit";
import { Durability } from "../src/blobs/durability.ts";
import { replacingSync } from "./replace-sync.ts";

test("a folder that cannot be opened just now is synced by the next flush, which waits for what others are synced by the one before", async (t) => {
  const dir = memoryFolder("jamesd-durability-");
  t.after(() => rmSync(dir, { recursive: true }));
  const durability = new Durability(2);
  for (const name of ["busy", "slow"]) {
    mkdirSync(join(dir, name));
    durability.note(join(dir, name));
  }
  const done: string[] = [];
  const { promise: slow, resolve: goOn } = Promise.withResolvers<void>();
  let isBusy = true;
  const replacement = async (file: number, sync: () => Promise<void>): Promise<void> => {
    const name = basename(readlinkSync(`/proc/self/fd/${file}`));
    if (name === "busy" && isBusy) {
      isBusy = false;
      throw Object.assign(new Error("too many are open"), { code: "EMFILE", syscall: "open" });
    }
    if (name === "slow") await slow;
    await sync();
    done.push(name);
  };
  await replacingSync(replacement, async () => {
    const first = assert.rejects(durability.flush(), { code: "SERVER_BUSY" });
    const next = durability.flush().then(() => done.push("next"));
    await Promise.race([next, setTimeout(50)]);
    goOn();
    await Promise.all([first, next]);
  });
  assert.deepEqual(done, ["slow", "busy", "next"]);
});
