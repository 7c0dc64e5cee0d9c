import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Program, waitFor } from "@jamesd/testkit";

const MAIN = fileURLToPath(new URL("../examples/fleet/main.ts", import.meta.url));

test("a fleet whose server dies before the next version is wanted says so and ends", async (t) => {
  const pki = mkdtempSync(join(tmpdir(), "jamesd-fleet-pki-"));
  t.after(() => rmSync(pki, { recursive: true }));
  const flags = ["--devices", "2", "--scenario", "wake@0,want@3", "--pki", join(pki, "pki")];
  const fleet = new Program([process.execPath, MAIN, ...flags]);
  try {
    await fleet.says("wake\n");
    const [server] = readFileSync(`/proc/${fleet.pid}/task/${fleet.pid}/children`, "utf8").split(" ");
    process.kill(Number(server), "SIGKILL");
    await waitFor("its end", () => (fleet.isRunning ? undefined : true));
    const { code, stderr } = await fleet.ended;
    assert.equal(code, 2);
    // It may die while it is just being asked, where the machine is slow.
    assert.match(stderr, /^(cannot reach|the connection to) 127\.0\.0\.1:/);
  } finally {
    await fleet.stop("SIGKILL");
  }
});
