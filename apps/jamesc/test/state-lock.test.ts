import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { StateLock } from "../src/state-lock.ts";

const scratch = mkdtempSync(join(tmpdir(), "jamesc-lock-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});

const newFolder = (): string => mkdtempSync(join(scratch, "state-"));

// Takes the lock of the folder named, says how that went, and stays.
const HOLD = `
  const { StateLock } = await import(${JSON.stringify(import.meta.resolve("../src/state-lock.ts"))});
  try {
    await StateLock.take(process.argv[1]);
    console.log("taken");
    setInterval(() => undefined, 60_000);
  } catch (thrown) {
    console.log(thrown.code);
  }`;

/** A process that tries to take the lock, and what it said. */
async function holder(stateDir: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLD, stateDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const [said] = await once(child.stdout, "data");
  return { child, said: String(said).trim() };
}

async function killed({ child }: { child: ChildProcess }): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

describe("the lock of a state folder", () => {
  it("lets one agent in and names it to the next", async () => {
    const folder = newFolder();
    const first = await holder(folder);
    assert.equal(first.said, "taken");
    await assert.rejects(StateLock.take(folder), {
      code: "STATE_DIR_LOCKED",
      message: `another jamesc (process ${first.child.pid}) uses ${folder}`,
    });
  });

  it("ends with its holder, however that ends", async () => {
    const folder = newFolder();
    for (let i = 0; i < 3; i += 1) {
      const dead = await holder(folder);
      assert.equal(dead.said, "taken");
      await killed(dead);
    }
    const lock = await StateLock.take(folder);
    assert.equal(readdirSync(folder).length, 1, "what the dead left is removed");
    await lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("never has two holders, however many come at once", async () => {
    const folder = newFolder();
    await killed(await holder(folder));
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(folder)));
    assert.ok(all.filter(({ said }) => said === "taken").length <= 1, all.map(({ said }) => said).join());
    assert.ok(all.every(({ said }) => said === "taken" || said === "STATE_DIR_LOCKED"));
  });

  it("holds while its holder is stopped", async () => {
    const folder = newFolder();
    const { child } = await holder(folder);
    child.kill("SIGSTOP");
    await assert.rejects(StateLock.take(folder), { code: "STATE_DIR_LOCKED" });
  });

  it("works in a folder with a long path, and makes it", async () => {
    const folder = join(newFolder(), "x".repeat(120), "y".repeat(120));
    const lock = await StateLock.take(folder);
    await assert.rejects(StateLock.take(folder), { code: "STATE_DIR_LOCKED" });
    await lock.release();
    await (await StateLock.take(folder)).release();
  });

  it("says that a file is no folder", async () => {
    await assert.rejects(StateLock.take("/dev/null/state"), { code: "FILE_UNREADABLE" });
  });
});
