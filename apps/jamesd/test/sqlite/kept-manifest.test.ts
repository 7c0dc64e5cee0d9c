import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { memoryFolder } from "@jamesd/testkit";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { packetOf } from "../repository/repository.contract.ts";

test("a packet whose manifest an earlier version kept in another order is read", async () => {
  const file = join(memoryFolder("jamesd-manifest-"), "jamesd.db");
  const repository = await openSqliteRepository(file);
  const packet = packetOf("a", ["v1"]);
  await repository.packets.add(packet, { author: "olga", address: "10.0.0.1", time: 1 });
  const db = new DatabaseSync(file);
  db.prepare("UPDATE packets SET manifest = ?").run(zstdCompressSync(JSON.stringify(packet.manifest)));
  db.close();
  assert.deepEqual(await repository.packets.get(packet.digest), packet);
  await repository.close();
});
