import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { issueCertificate, makeAuthority, openAuthority } from "@jamesd/pki";
import { pino } from "pino";
import { FleetCensus } from "../../src/fleet/fleet-census.ts";
import { TlsFiles } from "../../src/http/tls-files.ts";
import { Enrolling, writePair } from "../enrolling.ts";
import { Scene } from "../scene.ts";
import { scrape } from "./scraping.ts";

const DAY = 86_400_000;

/** The lines of certificates that are there for something, and when each ends, in seconds. */
function linesOf(use: string, pems: readonly string[]): [string, number][] {
  return pems.map((pem) => {
    const { subject, serialNumber, validTo } = new X509Certificate(pem);
    const labels = `use="${use}",subject="${subject.replaceAll("\n", ", ")}",serial="${serialNumber}"`;
    return [`jamesd_certificate_expiry_timestamp_seconds{${labels}}`, Date.parse(validTo) / 1000];
  });
}

test("when each certificate of the server ends is told, also of those that are read again", async () => {
  await using place = await Enrolling.start({ metricsAddr: "127.0.0.1:0" });
  const { config, metricsPort } = place.server;
  const told = async () =>
    [...(await scrape(metricsPort))].filter(([line]) => line.startsWith("jamesd_certificate_expiry"));
  const { ca, cert } = place.server.credentials("jamesd");
  const device = readFileSync(place.files.cert, "utf8");
  const others = [...linesOf("ca", [ca]), ...linesOf("device-ca", [device])];
  assert.deepEqual(await told(), [...linesOf("server", [cert]), ...others]);

  const tls = new TlsFiles(config, undefined, pino({ level: "silent" }));
  const [[line = "", seconds = 0] = []] = linesOf("server", [cert]);
  const [ending, ...more] = tls.ending(Date.now());
  tls.close();
  assert.deepEqual([ending?.use, ending?.ends, more], ["server", seconds * 1000, []]);
  assert.ok(ending && line.includes(ending.subject));

  // Another authority beside the one before, and a certificate of it for the server.
  const pair = await makeAuthority(Date.now());
  const days = 7;
  const issued = await issueCertificate(
    await openAuthority(pair),
    { kind: "server", name: "jamesd", days },
    Date.now(),
  );
  writeFileSync(config.ca, ca + pair.cert + ca);
  writePair(config, issued);
  place.server.reload();
  assert.deepEqual(await told(), [
    ...linesOf("server", [issued.cert]),
    ...linesOf("ca", [ca, pair.cert]),
    ...linesOf("device-ca", [device]),
  ]);
});

test("devices are counted by their certificates and by how they are, again when the counts are old", async (t) => {
  await using scene = await Scene.open();
  scene.now = 1000 * DAY;
  const days = { good: 31, soon: 30, sooner: 1, ended: -1 };
  for (const [id, left] of Object.entries(days)) {
    await scene.report(id);
    await scene.checkIn(id, { certStarts: scene.now - DAY, certEnds: scene.now + left * DAY });
  }
  await scene.report("unknown");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const census = new FleetCensus({ ...scene.fleet, now: () => scene.now });
  const before = await census.counts();
  assert.deepEqual(before.certificates, { good: 1, "ends-soon": 2, ended: 1, unknown: 1 });
  assert.equal(before.lateCertificates, 3);
  const { ids, state, states } = await scene.fleet.list.columns("", 10);
  const late = ids.filter((_, i) => states[state[i] ?? -1]?.late);
  assert.deepEqual(late.toSorted(), ["ended", "soon", "sooner"]);
  assert.deepEqual([before.sync.unmanaged, before.connected, before.drifted], [5, 5, 0]);
  scene.now += 60 * DAY;
  assert.equal(await census.counts(), before);
  t.mock.timers.tick(10_000);
  const { certificates, connected } = await census.counts();
  assert.deepEqual([certificates.ended, connected], [4, 0]);
});
