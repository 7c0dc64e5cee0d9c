import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { viewIdentity } from "../../src/local/identity-view.ts";
import { Fleet, placesIn } from "./fleet.ts";
import { live } from "./live.ts";

/** A device whose certificate began nine hours ago and ends in one, unless told. */
async function withDevice(
  use: (fleet: Fleet, stateDir: string) => Promise<void>,
  [starts, ends]: readonly [number, number] = [-9, 1],
): Promise<void> {
  await using fleet = await Fleet.create();
  const stateDir = mkdtempSync(join(tmpdir(), "jamesc-renewal-"));
  try {
    await fleet.equip(stateDir, starts, ends);
    await use(fleet, stateDir);
    assert.deepEqual(fleet.clones, [], "nobody was taken for a clone");
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function renewals({ asked }: Fleet): number {
  return asked.filter((path) => path === "/v1/certificate").length;
}

test("a certificate is renewed when it is time, once, and the other one counts from then on", () =>
  withDevice(async (fleet, stateDir) => {
    assert.deepEqual(await live(fleet, stateDir, 3), ["next", "saved", "saved"]);
    assert.deepEqual(await live(fleet, stateDir, 2), ["saved", "saved"]);
    assert.equal(renewals(fleet), 1);
    assert.match(fleet.log.join(""), /the certificate was renewed/);
  }));

test("one that has time is left alone, unless the server wants another; that is not obeyed without end", () =>
  withDevice(
    async (fleet, stateDir) => {
      assert.deepEqual(await live(fleet, stateDir, 2), ["saved", "saved"]);
      assert.equal(renewals(fleet), 0);
      fleet.wants = true;
      assert.deepEqual(await live(fleet, stateDir, 5), ["saved", "next", "saved", "saved", "saved"]);
      assert.equal(renewals(fleet), 1);
    },
    [-1, 9],
  ));

test("what was issued while something is downloaded is used afterwards", () =>
  withDevice(
    async (fleet, stateDir) => {
      fleet.wants = true;
      assert.deepEqual(await live(fleet, stateDir, 4, true), ["saved", "saved", "saved", "saved"]);
      assert.equal(renewals(fleet), 1);
      assert.deepEqual(await live(fleet, stateDir, 2), ["next", "saved"]);
    },
    [-1, 9],
  ));

test("when there is little time left it is used whatever is downloaded", () =>
  withDevice(async (fleet, stateDir) => {
    assert.deepEqual(await live(fleet, stateDir, 2, true), ["next", "saved"]);
  }));

test("one that is refused is thrown away, and the one of before is used on", () =>
  withDevice(async (fleet, stateDir) => {
    fleet.takesNew = false;
    assert.deepEqual(await live(fleet, stateDir, 3), ["CERTIFICATE_REFUSED", "saved", "saved"]);
    assert.match(fleet.log.join(""), /another certificate was refused; the one of before is used on/);
    fleet.takesNew = true;
    assert.deepEqual(await live(fleet, stateDir, 3), ["next", "saved", "saved"]);
  }));

test("a server that hangs up on it refuses it as well; the one of before is tried by what makes no clone", () =>
  withDevice(async (fleet, stateDir) => {
    fleet.hangsUp = true;
    assert.deepEqual(await live(fleet, stateDir, 3), ["SERVER_UNREACHABLE", "saved", "saved"]);
    fleet.hangsUp = false;
    assert.deepEqual(await live(fleet, stateDir, 3), ["next", "saved", "saved"]);
  }));

test("answers that are lost make no clone, and ask for nothing twice", () =>
  withDevice(async (fleet, stateDir) => {
    fleet.losesAnswers = true;
    // The first for the certificate, then for the check-in with it.
    assert.deepEqual(await live(fleet, stateDir, 1), ["SERVER_UNREACHABLE"]);
    assert.equal(fleet.known.size, 2);
    fleet.losesAnswers = false;
    const { proof, renewal } = fleet.agent(stateDir);
    await renewal.before(new AbortController().signal, false);
    proof.client.close();
    fleet.losesAnswers = true;
    assert.deepEqual(await live(fleet, stateDir, 2), ["SERVER_UNREACHABLE", "SERVER_UNREACHABLE"]);
    fleet.losesAnswers = false;
    assert.deepEqual(await live(fleet, stateDir, 2), ["next", "saved"]);
    assert.equal(fleet.known.size, 2);
  }));

test("a server that renews none is not asked again at each start, and it is told why", () =>
  withDevice(async (fleet, stateDir) => {
    fleet.offers = false;
    const shown = () => viewIdentity(placesIn(stateDir)) as Readonly<Record<string, unknown>>;
    assert.match(String(shown().renews), /^2\d{3}-\d\d-\d\dT[\d:]+Z$/);
    for (const _ of [1, 2]) assert.deepEqual(await live(fleet, stateDir, 2), ["saved", "saved"]);
    assert.equal(renewals(fleet), 1);
    assert.match(String(shown().renewal), /^the server renews none, as it said at 2\S+Z: put another one/);
    assert.equal("renews" in shown(), false);
    // As an earlier agent left it days ago.
    const file = join(stateDir, "identity-next.json");
    const { problem, ...next } = JSON.parse(readFileSync(file, "utf8"));
    const { asked: _, ...old } = { ...problem, since: problem.since - 3 * 86_400_000 };
    writeFileSync(file, JSON.stringify({ ...next, problem: old }));
    for (const _ of [1, 2]) assert.deepEqual(await live(fleet, stateDir, 2), ["saved", "saved"]);
    assert.equal(renewals(fleet), 2);
    const { proof, renewal } = fleet.agent(stateDir);
    assert.match(renewal.endingSoon(Date.now()) ?? "", /ends at .*; it could not be renewed: refused/);
    proof.client.close();
    fleet.offers = true;
    fleet.wants = true;
    assert.deepEqual(await live(fleet, stateDir, 2), ["saved", "next"]);
  }));

test("a request that waits is asked again with the same key, also after a restart", () =>
  withDevice(async (fleet, stateDir) => {
    fleet.waits = true;
    const keys = new Set<string>();
    for (const _ of [1, 2]) {
      assert.deepEqual(await live(fleet, stateDir, 1), ["saved"]);
      keys.add(JSON.parse(readFileSync(join(stateDir, "identity-next.json"), "utf8")).key);
    }
    assert.equal(keys.size, 1);
    fleet.waits = false;
    assert.deepEqual(await live(fleet, stateDir, 2), ["next", "saved"]);
  }));

test("one that ended while the device was off is renewed at the listener for joining", () =>
  withDevice(
    async (fleet, stateDir) => {
      assert.deepEqual(await live(fleet, stateDir, 2), ["next", "saved"]);
      assert.equal(fleet.asked[0], "/v1/renewals");
    },
    [-9, -1],
  ));
