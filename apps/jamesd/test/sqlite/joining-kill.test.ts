import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { IS_WHOLE, killAtCalls, memoryFolder, requireTool, sweepTest } from "@jamesd/testkit";
import { openSqliteRepository } from "../../src/sqlite/open.ts";
import { admissionOf, ENDS, tokenOf } from "../repository/repository-joining.contract.ts";
import { CALLS, killedAt, MOST } from "./killed-at.ts";

/** A database with a token for three devices. */
async function leaveToken(file: string): Promise<void> {
  const repository = await openSqliteRepository(file);
  await repository.enrollTokens.add(tokenOf("t", { uses: 3, ends: ENDS }));
  await repository.close();
}

/** Looks at what is there after a kill: a use of the token, a certificate, tags and an event of each that was let in, and of nobody else. */
async function checkJoined(file: string, acknowledged: readonly string[]): Promise<number> {
  const repository = await openSqliteRepository(file);
  const { enrollTokens, enrollments, certificates, devices, events } = repository;
  const used = (await enrollTokens.get("t"))?.used ?? 0;
  const joined = ["d-1", "d-2"].slice(0, used);
  assert.ok(
    acknowledged.every((device) => joined.includes(device)),
    "what was acknowledged is there",
  );
  const page = await events.page({ kinds: ["device-enrolled"], limit: 9, isLast: false });
  assert.deepEqual(
    page.map((event) => "device" in event && event.device),
    joined,
  );
  for (const device of ["d-1", "d-2"]) {
    const isIn = joined.includes(device);
    const [held] = await certificates.ofDevice(device);
    assert.equal(held !== undefined, isIn);
    assert.deepEqual(await devices.awaitedTags(device), isIn ? ["lab"] : []);
    // Asked for once more, it is the same certificate, or the first.
    const again = await enrollments.admit(admissionOf(device, { token: "t", tags: ["lab"] }));
    assert.equal(again.outcome, "issued");
    if (held) assert.deepEqual(again, { outcome: "issued", certificate: held.certificate });
  }
  assert.equal((await enrollTokens.get("t"))?.used, 2);
  await repository.close();
  return used;
}

sweepTest(
  "killed at any call while devices are let in, each is in whole or not at all",
  { skip: requireTool("strace") },
  async (t) => {
    const dir = memoryFolder("jamesd-join-kill-");
    const base = join(dir, "jamesd.db");
    await leaveToken(base);
    const outcomes = new Set<string>();
    await killAtCalls("joining", CALLS, { stride: 14, most: MOST }, async (calls, n) => {
      const folder = join(dir, "killed");
      await mkdir(folder);
      const file = join(folder, "jamesd.db");
      copyFileSync(base, file);
      const { isKilled, lines } = await killedAt("repository-admitter.ts", file, calls, n);
      outcomes.add(`${lines.length} of ${await checkJoined(file, lines)}`);
      await rm(folder, { recursive: true });
      return isKilled;
    });
    t.diagnostic([...outcomes].sort().join("; "));
    if (IS_WHOLE) assert.deepEqual([...outcomes].sort(), ["0 of 0", "0 of 1", "1 of 1", "1 of 2", "2 of 2"]);
    await rm(dir, { recursive: true });
  },
);
