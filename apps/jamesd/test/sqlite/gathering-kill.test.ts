import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { IS_WHOLE, killAtCalls, requireTool, seedFor, sweepTest } from "@jamesd/testkit";
import type { Repository } from "../../src/repository/repository.ts";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { allDevices } from "../repository/all-devices.ts";
import { allEvents } from "../repository/repository-events.contract.ts";
import { CALLS, killedAt, MOST } from "./killed-at.ts";

const REPORTER = "repository-reporter.ts";

/** The last report of each device that was acknowledged, of lines such as "d7 12". */
function lastOf(lines: readonly string[]): ReadonlyMap<string, number> {
  return new Map(lines.map((line) => line.split(" ")).map(([device = "", n]) => [device, Number(n)]));
}

/** Each report is there once, with its record, in its order and without a gap; of what was acknowledged all of it. */
async function check(repository: Repository, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const told = new Map<string, number>();
  for (const event of await allEvents(repository)) {
    assert.ok(event.kind === "device-removed");
    assert.equal(event.time, (told.get(event.device) ?? 0) + 1, `${event.device}: lost or doubled`);
    told.set(event.device, event.time);
  }
  const saved = new Map((await allDevices(repository)).map(({ id, lastSeen }) => [id, lastSeen]));
  assert.deepEqual(new Map([...told].sort()), new Map([...saved].sort()), "a record and its event together");
  for (const [device, n] of acknowledged)
    assert.ok((saved.get(device) ?? 0) >= n, `${device}: ${n} was acknowledged`);
}

sweepTest("of reports in flight none is lost or doubled by a kill", {}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "jamesd-kill-"));
  const file = join(dir, "jamesd.db");
  const lines = join(dir, "lines");
  let seed = seedFor("kill reports") >>> 0;
  for (let round = 0; round < (IS_WHOLE ? 30 : 3); round += 1) {
    const out = openSync(lines, "w");
    const args = [join(import.meta.dirname, REPORTER), file, "300", "1000000"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", out, "inherit"] });
    const exited = once(child, "exit");
    while (readFileSync(lines).length === 0) await sleep(5);
    seed = (seed * 1664525 + 1013904223) >>> 0;
    await sleep(seed % 300);
    child.kill("SIGKILL");
    assert.deepEqual(await exited, [null, "SIGKILL"]);
    closeSync(out);
    // The last line may be cut short.
    const acknowledged = lastOf(readFileSync(lines, "utf8").split("\n").slice(0, -1));
    const repository = await openSqliteRepository(file);
    await check(repository, acknowledged);
    await repository.close();
    t.diagnostic(`round ${round}: ${Math.max(...acknowledged.values())} reports a device`);
  }
  rmSync(dir, { recursive: true });
});

sweepTest(
  "killed at any call of gathered reports, each is there once or not at all",
  { skip: requireTool("strace") },
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "jamesd-kill-"));
    const base = join(dir, "base.db");
    await (await openSqliteRepository(base)).close();
    await killAtCalls("gathered", CALLS, { stride: 16, most: MOST }, async (calls, n) => {
      const file = join(dir, `${calls}-${n}.db`);
      copyFileSync(base, file);
      const { isKilled, lines } = await killedAt(REPORTER, file, calls, n, ["5", "2"]);
      const repository = await openSqliteRepository(file);
      await check(repository, lastOf(lines));
      await repository.close();
      return isKilled;
    });
    rmSync(dir, { recursive: true });
  },
);
