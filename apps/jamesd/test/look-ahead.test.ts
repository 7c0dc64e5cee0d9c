import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { PacketInfo } from "@jamesd/protocol";
import { memoryFolder } from "@jamesd/testkit";
import { LookAhead } from "../src/desired/look-ahead.ts";
import { NEW_STANDING } from "../src/device/device-record.ts";
import { loadFleet } from "../src/fleet/fleet.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import { openSqliteRepository } from "../src/sqlite/open.ts";

test("of very many candidates the best are told, and how many are left out", async () => {
  const dir = memoryFolder("jamesd-look-ahead-");
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  const state = { systemtags: ["arm"], apps: [] };
  const device = {
    id: "d",
    state,
    agent: "",
    features: [],
    lastSeen: 1,
    given: [],
    unmerged: [],
    certEnds: null,
    certIssuer: null,
    certSerial: null,
    renew: null,
    transaction: null,
    retry: null,
    drift: null,
    go: null,
    verify: null,
    reinstall: null,
    standing: NEW_STANDING,
  };
  await repository.devices.save([device], []);
  const catalogue = new Catalogue(Array.from({ length: 1003 }, (_, i) => packet(i)));
  const fleet = await loadFleet({ catalogue, repository, now: Date.now, warn: () => undefined });
  const lookAhead = new LookAhead(fleet);
  const { candidates, more, chosen } = await lookAhead.explain("d", "vpn", ["v7"]);
  assert.deepEqual([candidates.length, more], [1000, 3]);
  assert.deepEqual(candidates[0], { digest: digest(7), name: "vpn", tags: ["v7"], missing: [] });
  assert.equal(chosen, digest(7));
  assert.equal((await lookAhead.explain("d", "other", undefined)).more, 0);
  await fleet.close();
  await repository.close();
  await rm(dir, { recursive: true });
});

function digest(i: number): string {
  return i.toString(16).padStart(64, "0");
}

function packet(i: number): PacketInfo {
  const made = { digest: digest(i), name: "vpn", tags: [`v${i}`], scripts: [], sequence: i };
  return { ...made, files: 0, size: 0, uploaded: 0, author: "anna" };
}
