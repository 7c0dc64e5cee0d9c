import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { rowOf } from "../../src/repository/device-row.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { deviceOf } from "../repository/repository.contract.ts";

test("what an earlier version did not write of devices is worked out when it is read first, and kept", async () => {
  const dir = await mkdtemp(join(tmpdir(), "jamesd-rows-"));
  const file = join(dir, "jamesd.db");
  const repository = await openSqliteRepository(file);
  try {
    const records = [deviceOf("a"), { ...deviceOf("b"), state: { systemtags: [], apps: [] } }];
    await repository.devices.save(records, []);
    const beside = new DatabaseSync(file);
    const lacking = () => beside.prepare("SELECT id FROM devices WHERE apps_digest IS NULL").all().length;
    beside.exec("UPDATE devices SET apps_digest = NULL");
    assert.equal(lacking(), 2);
    assert.deepEqual(await repository.devices.rowsAfter("", 9), records.map(rowOf));
    assert.equal(lacking(), 0);
    beside.close();
  } finally {
    await repository.close();
    await rm(dir, { recursive: true });
  }
});
