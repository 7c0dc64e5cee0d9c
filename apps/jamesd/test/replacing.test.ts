import assert from "node:assert/strict";
import { test } from "node:test";
import { RENEWAL } from "@jamesd/model";
import { parseFilter } from "../src/http/device-query.ts";
import type { IssuedCertificate } from "../src/repository/certificate-store.ts";
import { allEvents } from "./repository/repository-events.contract.ts";
import { atOnce, from, LONG, ORIGIN, Scene } from "./scene.ts";

const ISSUER = "f".repeat(64);
const DAY = 86_400_000;

function certificateOf(serial: string, ends = DAY): IssuedCertificate {
  return {
    ...{ device: "d", issuer: ISSUER, serial, fingerprint: serial.padStart(64, "0") },
    ...{ starts: 0, ends, certificate: "PEM" },
  };
}
const [OLD, NEW, OTHER] = [certificateOf("a1"), certificateOf("a2"), certificateOf("a3")];

/** A scene with a device that has one certificate and was issued another. */
async function renewing(): Promise<Scene> {
  const scene = await Scene.open();
  scene.areRenewed = true;
  await scene.restart();
  await scene.report("d");
  await scene.checkIn("d", { certificate: OLD });
  await renew(scene, NEW);
  return scene;
}

async function renew(scene: Scene, issued: IssuedCertificate): Promise<void> {
  await scene.repository.certificates.renew(issued, OLD, ORIGIN, 0);
  await scene.fleet.follower.follow();
}

function isOut(scene: Scene, certificate: IssuedCertificate): boolean {
  return scene.fleet.locks.keepsOut({ name: "d", role: "device", certificate });
}

test("the old certificate counts until the first check-in with the new one, and not after it", async () => {
  await using scene = await renewing();
  const told: (string | undefined)[] = [];
  scene.fleet.locks.onChange((name) => told.push(name));
  await scene.checkIn("d", { certificate: OLD });
  assert.deepEqual([isOut(scene, OLD), isOut(scene, NEW)], [false, false]);
  await scene.checkIn("d", { certificate: NEW });
  assert.deepEqual([isOut(scene, OLD), isOut(scene, NEW)], [true, false]);
  assert.equal(isOut(scene, { ...OLD, issuer: "e".repeat(64) }), false, "another's of that serial number");
  assert.deepEqual(told, ["d"], "only connections of that name are looked at");
  await scene.checkIn("d", { certificate: NEW });
  await scene.restart();
  assert.deepEqual([isOut(scene, OLD), isOut(scene, NEW)], [true, false]);
  const events = await allEvents(scene.repository);
  assert.equal(events.filter(({ kind }) => kind === "certificate-replaced").length, 1);
});

test("an unchanged check-in with any certificate writes nothing", async () => {
  await using scene = await renewing();
  await scene.checkIn("d", { certificate: NEW });
  const before = await allEvents(scene.repository);
  const head = await scene.repository.feed.head();
  for (const certificate of [NEW, NEW, certificateOf("ff")]) await scene.checkIn("d", { certificate });
  assert.deepEqual(await allEvents(scene.repository), before);
  assert.equal(await scene.repository.feed.head(), head);
});

test("of several that were issued, the first that is used counts alone", async () => {
  await using scene = await renewing();
  await renew(scene, OTHER);
  await scene.checkIn("d", { certificate: OTHER });
  assert.deepEqual(
    [OLD, NEW, OTHER].map((one) => isOut(scene, one)),
    [true, true, false],
  );
});

test("with a certificate those are locked out that its device was issued and has not used", async () => {
  for (const issuer of [ISSUER, null]) {
    await using scene = await renewing();
    await renew(scene, { ...OTHER, device: "other" });
    const asker = { name: "olga", role: "operator", certificate: { serial: "1", issuer: "x" } } as const;
    const request = {
      locked: { kind: "certificate", serial: OLD.serial, issuer },
      reason: "copied",
    } as const;
    const locked = await scene.fleet.lockOut.revoke(request, ORIGIN, asker);
    assert.deepEqual(
      locked.map((one) => [one.locked, one.reason]),
      [
        [request.locked, "copied"],
        [{ kind: "certificate", serial: NEW.serial, issuer: ISSUER }, "copied"],
      ],
    );
    assert.deepEqual(
      [OLD, NEW, OTHER].map((one) => isOut(scene, one)),
      [true, true, false],
    );
    const holders = (await scene.fleet.lockOut.list()).map((one) => one.holders.map(({ device }) => device));
    assert.deepEqual(holders, [["d"], ["d"]], "it is told whose they are");
  }
});

test("of thousands that are locked out it is told in their order whose they are", async () => {
  await using scene = await renewing();
  const strangers = Array.from({ length: 1200 }, (_, i) => `b${i.toString(16)}`);
  const serials = ["a1", ...strangers.slice(0, 700), "a2", ...strangers.slice(700), "a1"];
  const issuers = new Map([
    [0, ISSUER],
    [serials.length - 1, "e".repeat(64)],
  ]);
  const locked = serials.map(
    (serial, i) => ({ kind: "certificate", serial, issuer: issuers.get(i) ?? null }) as const,
  );
  await scene.repository.revocations.add(
    [...locked, { kind: "name", name: "a1" } as const].map((one) => ({
      locked: one,
      reason: "lost",
      ...ORIGIN,
    })),
  );
  await scene.fleet.follower.follow();
  const listed = await scene.fleet.lockOut.list();
  assert.deepEqual(
    listed.map((one) => one.locked),
    [...locked, { kind: "name", name: "a1" }],
  );
  const held = listed.map(({ holders }, i) => [i, ...holders.map(({ device }) => device)]);
  assert.deepEqual(
    held.filter(({ length }) => length > 1),
    [
      [0, "d"],
      [701, "d"],
    ],
  );
});

test("a check-in that is held ends when a later certificate is used, and others learn it by the feed", async () => {
  await using scene = await renewing();
  let isOver = false;
  scene.fleet.locks.onChange(() => {
    isOver = isOut(scene, OLD);
  });
  // Another process has heard the device.
  await scene.repository.certificates.use("d", NEW, from("d"));
  assert.equal(isOver, false);
  await scene.fleet.follower.follow();
  assert.equal(isOver, true);
});

test("a clone is written down at once, and then once an hour, until its certificate has ended", async () => {
  await using scene = await renewing();
  const { certificates, replacing } = scene.fleet;
  const clones = async (): Promise<number> =>
    (await allEvents(scene.repository)).filter(({ kind }) => kind === "certificate-cloned").length;
  const tried = (): Promise<void> => replacing.noteClone(OLD, { ...from("d"), time: scene.now });
  await tried();
  assert.equal(await clones(), 0, "it counts still");
  await scene.checkIn("d", { certificate: NEW });
  await tried();
  await tried();
  assert.equal(await clones(), 1);
  assert.deepEqual(certificates.cloneOf("d", scene.now), {
    ...{ serial: OLD.serial, ends: OLD.ends },
    ...{ time: scene.now, address: ORIGIN.address },
  });
  scene.now += LONG;
  await tried();
  assert.equal(await clones(), 2);
  await scene.restart();
  assert.equal(scene.fleet.certificates.cloneOf("d", scene.now)?.serial, OLD.serial);
  assert.equal(scene.fleet.certificates.cloneOf("d", DAY + 1), undefined);
});

test("what has ended is not kept in memory for ever", async () => {
  await using scene = await Scene.open();
  const { locks } = scene.fleet;
  for (let i = 0; i < 20_000; i += 1)
    locks.outdate("d", [{ issuer: ISSUER, serial: i.toString(16), ends: i }], i);
  assert.ok(locks.outdated < 2048, String(locks.outdated));
  assert.equal(locks.isOutdated({ serial: (19_999).toString(16), issuer: ISSUER }), true);
});

test("while it cannot be written that a certificate is used, the check-in fails", async () => {
  await using scene = await renewing();
  scene.repository.certificates.use = () => Promise.reject(new Error("the disk is full"));
  const { checkIns } = scene.fleet;
  const report = { digest: "0".repeat(64), certificate: NEW };
  await assert.rejects(checkIns.answer(from("d"), report, atOnce()), /disk is full/);
  assert.equal(isOut(scene, OLD), false);
});

test("a device is told once that it is to renew, woken for that, until it comes with another certificate", async () => {
  await using scene = await renewing();
  scene.features.push(RENEWAL);
  await scene.report("d");
  await scene.checkIn("d", { certificate: OLD });
  const { commands, list } = scene.fleet;
  const held = scene.hold("d", [], undefined, { certificate: OLD });
  assert.deepEqual(await commands.renew(["d", "nobody"], ORIGIN), ["nobody"]);
  assert.deepEqual(await held.reply, { renew: true });
  const asked = () => scene.checkIn("d", { certificate: OLD });
  assert.equal(await asked(), undefined, "it tries by itself");
  assert.equal((await list.get("d")).isToRenew, true);
  scene.now += 600_000;
  assert.deepEqual(await asked(), { renew: true });
  await scene.restart();
  assert.deepEqual(await asked(), { renew: true });
  assert.deepEqual(await scene.fleet.commands.renew(["d"], ORIGIN), []);
  assert.deepEqual(await asked(), { renew: true }, "asked for again");
  assert.equal(await scene.checkIn("d", { certificate: NEW }), undefined);
  assert.equal((await scene.fleet.list.get("d")).isToRenew, false);
  scene.now += 600_000;
  assert.equal(await scene.checkIn("d", { certificate: NEW }), undefined);
  const told = (await allEvents(scene.repository)).filter(({ kind }) => kind === "renew");
  assert.equal(told.length, 2);
});

test("who cannot renew is not told, and named", async () => {
  await using scene = await renewing();
  assert.deepEqual(await scene.fleet.commands.renew(["d"], ORIGIN), ["d"], "its agent does not know how");
  scene.features.push(RENEWAL);
  await scene.report("d");
  await scene.checkIn("d", { certificate: OLD });
  await scene.report("e");
  assert.deepEqual(await scene.fleet.commands.renew(["d", "e"], ORIGIN), ["e"], "what it has is not known");
  assert.equal(await scene.checkIn("d", { certificate: NEW }), undefined);
});

test("no wish is taken where there is no authority for devices: nobody could ever fulfil it", async () => {
  await using scene = await renewing();
  scene.areRenewed = false;
  await scene.restart();
  scene.features.push(RENEWAL);
  await scene.report("d");
  await scene.checkIn("d", { certificate: OLD });
  await assert.rejects(scene.fleet.commands.renew(["d"], ORIGIN), {
    code: "RENEWAL_NOT_OFFERED",
    hint: /--device-ca/,
  });
  assert.equal((await scene.fleet.list.get("d")).isToRenew, false);
});

test("devices are listed by who issued their certificates, and by when these end", async () => {
  await using scene = await renewing();
  await scene.report("e");
  await scene.report("f");
  await scene.checkIn("d", { certificate: OLD, certEnds: 100, certIssuer: "CN=jamesd device CA 12ab" });
  await scene.checkIn("e", { certificate: NEW, certEnds: 200, certIssuer: "CN=jamesd CA 77" });
  const ids = async (query: object): Promise<readonly string[]> =>
    (await scene.fleet.list.page(parseFilter(query as never))).map(({ id }) => id);
  for (let i = 0; i < 2; i += 1) {
    assert.deepEqual(await ids({ issuer: "Device CA" }), ["d"]);
    assert.deepEqual(await ids({ issuer: "jamesd" }), ["d", "e"]);
    assert.deepEqual(await ids({ expiresBefore: "200" }), ["d"]);
    assert.deepEqual(await ids({ expiresBefore: "201", issuer: "77" }), ["e"]);
    await scene.restart();
  }
});

test("what a clock that was ahead took for ended counts again when it is set back", async () => {
  await using scene = await renewing();
  await scene.checkIn("d", { certificate: NEW });
  await renew(scene, OTHER);
  const standing = () => [
    isOut(scene, OLD),
    scene.fleet.certificates.isUnused("d", { issuer: OTHER.issuer, serial: OTHER.serial }),
  ];
  assert.deepEqual(standing(), [true, true]);
  scene.now += 365 * DAY;
  await scene.restart();
  assert.deepEqual(standing(), [false, false]);
  scene.now -= 365 * DAY;
  await scene.fleet.follower.loadCertificates();
  assert.deepEqual(standing(), [true, true]);
});
