import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { EXIT_CODES } from "@jamesd/config";
import { sha256 } from "@jamesd/model";
import { Sandbox } from "@jamesd/testkit";

/** The blobs that a server's folder holds. */
function blobsOf(sandbox: Sandbox): readonly string[] {
  const names = readdirSync(sandbox.path("data/blobs"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\/[0-9a-f]{64}/.test(name)).map((name) => name.slice(3));
}

async function add(sandbox: Sandbox, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const archive = await sandbox.pack(name, files);
  await sandbox.ctlOk("add-packet", "--name", name, "--tags", "v1", "--data", archive);
}

const collect = async (sandbox: Sandbox): Promise<string> => {
  const { code, stdout, stderr } = await sandbox.run("jamesd", ["gc", "--data", sandbox.path("data")]);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
};

describe("jamesd gc", () => {
  test("deletes what no packet needs any more, with and without a running server", async () => {
    await using sandbox = await Sandbox.create([]);
    await sandbox.startServer();
    await add(sandbox, "a", { "opt/a": "only a\n", "opt/shared": "both\n" });
    await add(sandbox, "b", { "opt/b": "only b\n", "opt/shared": "both\n" });
    assert.equal(await collect(sandbox), "deleted 0 blobs, 0 bytes\n");
    await sandbox.ctlOk("remove-packet", "--name", "a", "--tags", "v1");
    assert.equal(await collect(sandbox), "deleted 1 blobs, 7 bytes\n");
    assert.deepEqual([...blobsOf(sandbox)].sort(), [sha256("both\n"), sha256("only b\n")].sort());
    await sandbox.ctlOk("remove-packet", "--name", "b", "--tags", "v1");
    await sandbox.stopServer();
    assert.equal(await collect(sandbox), "deleted 2 blobs, 12 bytes\n");
    assert.deepEqual(blobsOf(sandbox), []);
  });

  test("takes nothing from packets that are added meanwhile", async () => {
    await using sandbox = await Sandbox.create([]);
    await sandbox.startServer();
    const texts = Array.from({ length: 200 }, (_, n) => [`opt/${n}`, `file ${n}\n`]);
    let isAdding = true;
    const adding = (async () => {
      for (let round = 0; round < 2; round += 1) {
        // The same contents come, go and come again: they must be held from the moment they are found to be there.
        await add(sandbox, "many", Object.fromEntries(texts));
        assert.equal((await sandbox.run("jamesd", ["verify", "--data", sandbox.path("data")])).code, 0);
        if (round < 1) await sandbox.ctlOk("remove-packet", "--name", "many", "--tags", "v1");
      }
    })().finally(() => {
      isAdding = false;
    });
    while (isAdding) await collect(sandbox);
    await adding;
    assert.equal(blobsOf(sandbox).length, 200);
  });

  test("says when there is nothing to collect in", async () => {
    await using sandbox = await Sandbox.create([]);
    const nowhere = await sandbox.run("jamesd", ["gc", "--data", sandbox.path("nowhere")]);
    assert.equal(nowhere.code, EXIT_CODES.input);
    assert.match(nowhere.stderr, /FILE_UNREADABLE/);
  });

  test("deletes nothing when a packet cannot be read, and a running server says so", async () => {
    await using sandbox = await Sandbox.create([]);
    await sandbox.startServer();
    await add(sandbox, "a", { "opt/a": "only a\n" });
    await sandbox.stopServer();
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(sandbox.path("data/jamesd.db"));
    db.exec("UPDATE packets SET manifest = x'00'");
    db.close();
    for (const isRunning of [false, true]) {
      if (isRunning) await sandbox.startServer();
      const { code, stderr } = await sandbox.run("jamesd", ["gc", "--data", sandbox.path("data")]);
      assert.equal(code, EXIT_CODES.internal);
      assert.match(stderr, /STORE_CORRUPT/);
      assert.equal(blobsOf(sandbox).length, 1);
    }
  });
});

test("a data folder has one server at a time", async () => {
  await using sandbox = await Sandbox.create([]);
  const first = await sandbox.startServer();
  writeFileSync(join(sandbox.path("data"), "server-1-dead.lock"), "");
  const flags = ["--addr", "127.0.0.1:0", "--data", sandbox.path("data"), ...sandbox.credentials("jamesd")];
  const second = await sandbox.run("jamesd", flags);
  assert.equal(second.code, EXIT_CODES.unavailable);
  assert.match(second.stderr, /another jamesd \(process \d+\) uses .*data \[DATA_LOCKED\]/);
  await first.stop("SIGKILL");
  await sandbox.startServer();
});
