import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openAuthority } from "@jamesd/pki";
import { compareAccounts, HEALTHY, identitiesOf, Operator, SimulatedFleet } from "@jamesd/simulation";
import { Sandbox, waitFor } from "@jamesd/testkit";

const DEVICES = 200;
const MIX = { ...HEALTHY, fail: 0.1, slow: 0.05, offline: 0.05, churn: 0.5, clones: 2 };
const PACE = { arrivalsASecond: 400, holdSeconds: 60, intervalMs: 1_000, pace: 0.01 };
const LIVES = { ...PACE, mix: MIX, systemtags: ["simulated"] };
const LONGEST_MS = 120_000;

test("200 devices come to what is wanted, whatever fails and although the server is killed; it knows of all that they did, once", async (t) => {
  await using sandbox = await Sandbox.create();
  const read = (name: string): string => readFileSync(sandbox.path("pki", name), "utf8");
  const authority = await openAuthority({ cert: read("ca.crt"), key: read("ca.key") });
  const ids = Array.from({ length: DEVICES }, (_, i) => `device-${i}`);
  const identities = await identitiesOf({ authority, ids, cache: undefined, now: Date.now() });
  await sandbox.startServer("--log-level", "warn");
  const endpoint = { host: "127.0.0.1", port: sandbox.port, serverName: "jamesd", ca: read("ca.crt") };
  const operator = new Operator(endpoint, { cert: read("admin.crt"), key: read("admin.key") });
  const fleet = new SimulatedFleet({ ...LIVES, seed: "e2e", endpoint, identities });
  for (const version of [1, 2]) await operator.addVersion(version, 20_000);

  fleet.start();
  fleet.wanted = await operator.want(1);
  await waitFor("a quarter has it", () => fleet.sample().inSync > DEVICES / 4 || undefined, LONGEST_MS);
  await sandbox.stopServer("SIGKILL");
  await sandbox.startServer("--log-level", "warn");
  fleet.wanted = await operator.want(2);
  fleet.wakeAll();
  await waitFor("all have the second", () => fleet.sample().inSync === DEVICES || undefined, LONGEST_MS);
  await fleet.stop();

  const { done, refused, checkIns, failures } = fleet.tally;
  t.diagnostic(`${checkIns} check-ins, ${failures} of them cut, ${done.length} transactions`);
  const told = await operator.transactions();
  const doubled = await operator.doubled();
  operator.close();
  const disagreed = compareAccounts(done, told, (device) => fleet.clones.has(device));
  assert.deepEqual(disagreed, { lost: [], doubled: [] });
  assert.ok(
    done.some(({ outcome }) => outcome === "rolled-back"),
    "some failed",
  );
  assert.deepEqual([...new Set(doubled)].sort(), [...fleet.clones.keys()].sort());
  assert.ok(refused.has("DEVICE_DOUBLED"));
});
