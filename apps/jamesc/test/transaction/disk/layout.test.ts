import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Bench } from "../fixture.ts";

test("folders of the state directory in which others may write are not believed", async () => {
  for (const name of ["fetched", "packets", "scripts", "staging", "trial"]) {
    using bench = new Bench();
    await bench.open();
    const folder = join(bench.state, name);
    if (!existsSync(folder)) mkdirSync(folder);
    chmodSync(folder, 0o777);
    const device = await bench.open();
    assert.equal(device.stuck?.error?.code, "FOLDER_UNSAFE", name);
    assert.match(device.stuck.error.message, new RegExp(`others may write to .*/${name}$`));
    chmodSync(folder, 0o700);
    assert.equal((await bench.open()).stuck, undefined);
  }
});
