import assert from "node:assert/strict";
import { test } from "node:test";
import { RENEWAL } from "@jamesd/model";
import { CertificateWatch } from "../src/fleet/certificate-watch.ts";
import type { EndingCertificate } from "../src/repository/event.ts";
import { Scene } from "./scene.ts";

const DAY = 86_400_000;

/** A scene, and what is said of it in one look. */
async function watching(
  own: readonly EndingCertificate[] = [],
): Promise<{ scene: Scene; look: () => Promise<readonly unknown[]> }> {
  const scene = await Scene.open();
  scene.now = 1000 * DAY;
  const look = async (): Promise<readonly unknown[]> => {
    const said: unknown[] = [];
    const log = { warn: (...args: unknown[]) => void said.push(...args) };
    const { events } = scene.repository;
    const tls = { ending: () => own };
    const watch = new CertificateWatch({ ...scene.fleet, events, tls, log, now: () => scene.now });
    await watch.look();
    watch.close();
    return said;
  };
  return { scene, look };
}

/** A device whose certificate is good for so many days, of which so many are left. */
async function device(scene: Scene, id: string, days: number, left: number): Promise<void> {
  await scene.report(id);
  const certEnds = scene.now + left * DAY;
  await scene.checkIn(id, { certStarts: certEnds - days * DAY, certEnds });
}

test("a certificate that is renewed by itself is late when it should have been; others are within 30 days of their end", async () => {
  const { scene, look } = await watching();
  await using _ = scene;
  await device(scene, "old", 730, 31);
  scene.features.push(RENEWAL);
  await device(scene, "in-time", 90, 22);
  assert.equal((await scene.fleet.list.get("in-time")).isCertLate, true, "no authority for devices here");
  scene.areRenewed = true;
  await scene.restart();
  await device(scene, "in-time", 90, 22);
  await device(scene, "an-hour", 1 / 24, 0.01);
  assert.deepEqual(await look(), []);
  assert.equal((await scene.fleet.list.get("in-time")).isCertLate, false);
  await device(scene, "late", 90, 13);
  await device(scene, "ended", 90, -1);
  const [{ devices, ids }] = (await look()) as readonly [{ devices: number; ids: readonly string[] }];
  assert.deepEqual([devices, ids], [2, ["ended", "late"]]);
  assert.equal((await scene.fleet.list.get("late")).isCertLate, true);
  scene.now += 2 * DAY;
  assert.match(
    String((await look())[1]),
    /^the certificates of devices have ended or end soon: an-hour, ended, late, old; /,
  );
});

test("of many devices a few are named", async () => {
  const { scene, look } = await watching();
  await using _ = scene;
  for (let i = 0; i < 9; i += 1) await device(scene, `d${i}`, 90, 2);
  assert.match(String((await look())[1]), /: d0, d1, d2, d3, d4 and 4 more; see/);
});

test("an event tells what ends, of the server too, once a day however often it is started", async () => {
  const own = [{ use: "ca", subject: "CN=ca", ends: 7 }] as const;
  const { scene, look } = await watching(own);
  await using _ = scene;
  assert.deepEqual(await look(), [], "the log says it elsewhere");
  await look();
  await device(scene, "d", 90, 2);
  scene.now += DAY;
  await look();
  const said = { kind: "certificates-end", author: "jamesd", address: "localhost", server: own };
  const events = await scene.repository.events.page({ kinds: ["certificates-end"], limit: 9, isLast: false });
  assert.deepEqual(
    events.map(({ sequence: _, ...event }) => event),
    [
      { ...said, time: scene.now - DAY, devices: 0, ids: [] },
      { ...said, time: scene.now, devices: 1, ids: ["d"] },
    ],
  );
});
