import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { JamesError } from "@jamesd/model";
import { askHolder, FolderLock, type LockOptions } from "../src/index.ts";

const scratch = mkdtempSync(join(tmpdir(), "jamesd-lock-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});

const newFolder = (): string => mkdtempSync(join(scratch, "state-"));

const OPTIONS: LockOptions = {
  program: "tester",
  locked: (id) => new JamesError("DATA_LOCKED", `held by ${id}`),
  hint: "Name another.",
};

// Takes the lock of the folder named, says how that went, and stays.
const HOLD = `
  const { FolderLock } = await import(${JSON.stringify(import.meta.resolve("../src/index.ts"))});
  const locked = (id) => ({ code: "DATA_LOCKED" });
  try {
    await FolderLock.take(process.argv[1], { program: "tester", locked, hint: "" });
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

describe("the lock of a folder", () => {
  it("takes no folder in which only others have something", async () => {
    const marks = new Set(["ours.db"]);
    const take = async (...names: readonly string[]) => {
      const folder = newFolder();
      for (const name of names)
        if (name.endsWith("/")) mkdirSync(join(folder, name));
        else writeFileSync(join(folder, name), "");
      const lock = await FolderLock.take(folder, { ...OPTIONS, marks }).catch((thrown: JamesError) => thrown);
      if (!(lock instanceof FolderLock))
        assert.deepEqual(readdirSync(folder).sort(), names.map((name) => name.replace("/", "")).sort());
      else await lock.release();
      return lock instanceof FolderLock ? "taken" : lock.code;
    };
    assert.equal(await take(), "taken");
    assert.equal(await take("lost+found/"), "taken");
    assert.equal(await take("ours.db", "notes/"), "taken");
    // Put there for its first start.
    assert.equal(await take("server.log", "server.key"), "taken");
    // It was killed before it made anything else.
    assert.equal(await take("tester-1-a.lock"), "taken");
    assert.equal(await take(".tester-1-a.lock", "notes/"), "taken");
    assert.equal(await take("notes/"), "FOLDER_FOREIGN");
    assert.equal(await take(".profile", "notes/", "lost+found/", "other-1-a.lock"), "FOLDER_FOREIGN");
  });

  it("lets one process in and names it to the next", async () => {
    const folder = newFolder();
    const first = await holder(folder);
    assert.equal(first.said, "taken");
    await assert.rejects(FolderLock.take(folder, OPTIONS), {
      code: "DATA_LOCKED",
      message: `held by ${first.child.pid}`,
    });
  });

  it("ends with its holder, however that ends", async () => {
    const folder = newFolder();
    for (let i = 0; i < 3; i += 1) {
      const dead = await holder(folder);
      assert.equal(dead.said, "taken");
      await killed(dead);
    }
    const lock = await FolderLock.take(folder, OPTIONS);
    assert.equal(readdirSync(folder).length, 1, "what the dead left is removed");
    await lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is not kept by what is no socket and has the name of a lock", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "tester-1-0123456789ab.lock", "below"), { recursive: true });
    writeFileSync(join(folder, "tester-2-0123456789ab.lock"), "");
    const lock = await FolderLock.take(folder, OPTIONS);
    assert.equal(readdirSync(folder).length, 1);
    await lock.release();
  });

  it("never has two holders, however many come at once", async () => {
    const folder = newFolder();
    await killed(await holder(folder));
    const all = await Promise.all(Array.from({ length: 6 }, () => holder(folder)));
    assert.ok(all.filter(({ said }) => said === "taken").length <= 1, all.map(({ said }) => said).join());
    assert.ok(all.every(({ said }) => said === "taken" || said === "DATA_LOCKED"));
  });

  it("holds while its holder is stopped", async () => {
    const folder = newFolder();
    const { child } = await holder(folder);
    child.kill("SIGSTOP");
    await assert.rejects(FolderLock.take(folder, OPTIONS), { code: "DATA_LOCKED" });
  });

  it("works in a folder with a long path, and makes it", async () => {
    const folder = join(newFolder(), "x".repeat(120), "y".repeat(120));
    const lock = await FolderLock.take(folder, OPTIONS);
    await assert.rejects(FolderLock.take(folder, OPTIONS), { code: "DATA_LOCKED" });
    await lock.release();
    await (await FolderLock.take(folder, OPTIONS)).release();
  });

  it("says that a file is no folder", async () => {
    await assert.rejects(FolderLock.take("/dev/null/state", OPTIONS), { code: "FILE_UNREADABLE" });
  });

  it("excludes only locks of the same name", async () => {
    const folder = newFolder();
    const lock = await FolderLock.take(folder, OPTIONS);
    await (await FolderLock.take(folder, { ...OPTIONS, program: "other" })).release();
    await lock.release();
  });
});

describe("asking the holder of a lock", () => {
  it("gives its answer, also to several at once", async () => {
    const folder = newFolder();
    const answer = async (question: string): Promise<string> => `heard ${question}`;
    const lock = await FolderLock.take(folder, { ...OPTIONS, answer });
    const asked = ["a", "b"].map((question) => askHolder(folder, "tester", question));
    assert.deepEqual(await Promise.all(asked), ["heard a", "heard b"]);
    await lock.release();
  });

  it("gives nothing when there is none, it died, does not answer, or fails to", async () => {
    const folder = newFolder();
    assert.equal(await askHolder(folder, "tester", "?"), undefined);
    const dead = await holder(folder);
    await killed(dead);
    assert.equal(await askHolder(folder, "tester", "?"), undefined);
    const silent = await FolderLock.take(folder, OPTIONS);
    assert.equal(await askHolder(folder, "tester", "?"), undefined);
    await silent.release();
    const answer = () => Promise.reject(new Error("no"));
    const failing = await FolderLock.take(folder, { ...OPTIONS, answer });
    assert.equal(await askHolder(folder, "tester", "?"), undefined);
    assert.equal(await askHolder(folder, "tester", "x".repeat(5000)), undefined);
    await failing.release();
  });
});
