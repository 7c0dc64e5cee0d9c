import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { injectInto, openFilesBelow, requireAttach, Sandbox } from "@jamesd/testkit";
import { pino } from "pino";
import { lockData } from "../src/data/data-lock.ts";
import { startServer } from "../src/server.ts";
import { TestServer } from "./http-server.ts";

test("a full data disk does not keep the server from ending, and it says what it could not write", {
  skip: requireAttach(),
}, async () => {
  await using sandbox = await Sandbox.create(["d"]);
  const server = await sandbox.startServer();
  await sandbox.runAgentOnce("d");
  const log = sandbox.path("data/jamesd.db-wal");
  const strace = await injectInto(server.pid, "write,pwrite64:error=ENOSPC", log);
  // When it was last seen is written every few seconds, and at the end.
  await sandbox.runAgentOnce("d");
  const { code, stderr } = await server.stop("SIGTERM");
  await strace.ended;
  assert.equal(code, 4, stderr);
  assert.match(stderr, /^jamesd: no space left for the database .*\[STORAGE_FULL\]$/m);
  assert.deepEqual(
    readdirSync(sandbox.path("data")).filter((name) => name.endsWith(".lock")),
    [],
  );
});

test("a server that cannot load its devices lets go of lock and stores", async () => {
  const first = await TestServer.start();
  const { config } = first;
  await first.stop();
  const db = new DatabaseSync(`${config.data}/jamesd.db`);
  db.exec("INSERT INTO devices (id, state, agent, last_seen) VALUES ('d', '{}', 'jamesc', 0)");
  db.close();
  try {
    await assert.rejects(startServer(config, pino({ level: "silent" })), { code: "STORE_CORRUPT" });
    assert.deepEqual(openFilesBelow(config.data), []);
    await (await lockData(config.data)).release();
  } finally {
    await first[Symbol.asyncDispose]();
  }
});
