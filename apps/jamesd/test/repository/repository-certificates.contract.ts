import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { IssuedCertificate, KeptCertificate } from "../../src/repository/certificate-store.ts";
import type { RepositoryFixture } from "./repository.contract.ts";
import { allEvents } from "./repository-events.contract.ts";
import { withFixture } from "./with-fixture.ts";

const ISSUER = "f".repeat(64);
const ORIGIN = { author: "d", address: "10.0.0.1", time: 1000 };
const FAR = 1_000_000;

const DAY = 24 * 60 * 60_000;

/** A certificate for a device whose serial number and key are this number. */
function certificateOf(device: string, number: number, ends = FAR): IssuedCertificate {
  const serial = number.toString(16);
  const fingerprint = serial.padStart(64, "0");
  return { device, issuer: ISSUER, serial, fingerprint, starts: 0, ends, certificate: `PEM ${serial}` };
}

const ONE = certificateOf("d", 1, 9 * DAY);

function states(kept: readonly KeptCertificate[]): readonly string[] {
  return kept.map(({ serial, state }) => `${serial} ${state}`);
}

/** What every adapter of the repository must do with certificates of devices. */
export function certificateContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);

  describe(`${name}: certificates of devices`, () => {
    test(
      "one counts until the next was used, and none before it afterwards",
      within(async (repository, fixture) => {
        const { certificates } = repository;
        const [one, two] = [certificateOf("d", 1), certificateOf("d", 2)];
        const kept = await certificates.renew(two, one, ORIGIN, 0);
        assert.deepEqual(kept, { ...two, state: "issued", clone: null });
        assert.deepEqual(states(await certificates.ofDevice("d")), ["1 current", "2 issued"]);
        const again = (await fixture.reopen()).certificates;
        assert.deepEqual(await again.pending(0), [kept]);
        await again.use("d", two, { ...ORIGIN, time: 2000 });
        assert.deepEqual(states(await again.ofDevice("d")), ["1 replaced", "2 current"]);
        assert.deepEqual(states(await again.pending(0)), ["1 replaced"]);
        assert.deepEqual(await again.pending(FAR + 1), []);
      }),
    );

    test(
      "several are found by their numbers, of whichever device and issuer",
      within(async ({ certificates }) => {
        const all = [certificateOf("d", 1), certificateOf("e", 2), certificateOf("f", 3)];
        const other = { ...certificateOf("g", 1), issuer: "e".repeat(64) };
        for (const one of [...all, other]) await certificates.note(one);
        const found = await certificates.withSerials(["3", "1", "4"]);
        assert.deepEqual(
          found.map(({ device }) => device),
          ["d", "f", "g"],
        );
        assert.deepEqual(await certificates.withSerials([]), []);
      }),
    );

    test(
      "a certificate is kept once for a key, as long as it counts",
      within(async ({ certificates, feed }) => {
        const one = certificateOf("d", 1);
        const first = await certificates.renew(certificateOf("d", 2), one, ORIGIN, 0);
        const head = await feed.head();
        const sameKey = { ...certificateOf("d", 3), fingerprint: first.fingerprint };
        assert.deepEqual(await certificates.renew(sameKey, one, ORIGIN, 0), first);
        assert.equal(await feed.head(), head);
        const late = { ...ORIGIN, time: FAR + 1 };
        const renewed = await certificates.renew({ ...sameKey, ends: 2 * FAR }, one, late, 0);
        assert.equal(renewed.serial, "3");
        assert.deepEqual(states(await certificates.ofKey(first.fingerprint)), ["2 issued", "3 issued"]);
        assert.deepEqual(await certificates.ofKey(one.fingerprint.replace("1", "9")), []);
      }),
    );

    test(
      "what ended long ago is forgotten, and only few are there that were never used",
      within(async ({ certificates }) => {
        const one = certificateOf("d", 1);
        await certificates.renew(certificateOf("old", 99, 10), certificateOf("old", 98, 10), ORIGIN, 0);
        for (let number = 2; number < 20; number += 1)
          await certificates.renew(certificateOf("d", number), one, ORIGIN, 11);
        assert.deepEqual(await certificates.ofDevice("old"), []);
        const kept = await certificates.ofDevice("d");
        assert.equal(kept.filter(({ state }) => state === "issued").length, 8);
        assert.deepEqual(states(kept.slice(-2)), ["12 issued", "13 issued"]);
        assert.equal(kept[0]?.state, "current");
      }),
    );

    test(
      "by a clock that is wrong by years only what is of the oldest day is forgotten, once an hour",
      within(async (repository, fixture) => {
        const ended = [0, 1, DAY, 3 * DAY].map((ends, i) => certificateOf("old", 90 + i, ends));
        for (const one of ended) await repository.certificates.note(one);
        const serials = async ({ certificates }: Pick<typeof repository, "certificates">) =>
          (await certificates.ofDevice("old")).map(({ serial }) => Number.parseInt(serial, 16));
        for (let number = 2; number < 5; number += 1)
          await repository.certificates.renew(certificateOf("d", number, 9 * DAY), ONE, ORIGIN, 8 * DAY);
        assert.deepEqual(await serials(repository), [92, 93]);
        const again = await fixture.reopen();
        await again.certificates.renew(certificateOf("d", 9, 9 * DAY), ONE, ORIGIN, 2 * DAY);
        assert.deepEqual(await serials(again), [93]);
      }),
    );

    test(
      "a clone is noted of one that is replaced only",
      within(async ({ certificates }) => {
        const [one, two] = [certificateOf("d", 1), certificateOf("d", 2)];
        await certificates.renew(two, one, ORIGIN, 0);
        const later = { author: "d", address: "10.9.9.9", time: 3000 };
        for (const id of [one, two, certificateOf("d", 7)]) await certificates.noteClone("d", id, later);
        assert.ok((await certificates.ofDevice("d")).every(({ clone }) => clone === null));
        await certificates.use("d", two, ORIGIN);
        await certificates.noteClone("other", one, later);
        await certificates.noteClone("d", one, later);
        const notes = (await certificates.ofDevice("d")).map(({ clone }) => clone);
        assert.deepEqual(notes, [{ time: 3000, address: "10.9.9.9" }, null]);
      }),
    );

    test(
      "each step is told once, in the feed and the log",
      within(async (repository) => {
        const { certificates } = repository;
        const [one, two, three] = [1, 2, 3].map((number) => certificateOf("d", number));
        assert.ok(one && two && three);
        await certificates.renew(two, one, ORIGIN, 0);
        await certificates.renew(three, one, ORIGIN, 0);
        for (let i = 0; i < 2; i += 1) await certificates.use("d", three, ORIGIN);
        await certificates.use("d", two, ORIGIN);
        await certificates.use("other", three, ORIGIN);
        await certificates.noteClone("d", one, ORIGIN);
        const changes = (await repository.feed.changes(0)) ?? [];
        const events = await allEvents(repository);
        const kinds = ["issued", "issued", "replaced", "cloned"].map((word) => `certificate-${word}`);
        assert.deepEqual(
          changes.map(({ kind }) => kind),
          kinds,
        );
        assert.deepEqual(
          changes.map((change) => "holder" in change && change.holder),
          kinds.map(() => "d"),
        );
        assert.deepEqual(
          events.map(({ kind }) => kind),
          kinds,
        );
        const { issuer, fingerprint } = two;
        const about = { device: "d", issuer, ...ORIGIN };
        const [issued, , replaced, cloned] = events.map(({ sequence: _, ...rest }) => rest);
        assert.deepEqual(issued, { kind: kinds[0], ...about, serial: "2", ends: FAR, fingerprint });
        assert.deepEqual(replaced, { kind: kinds[2], ...about, serial: "3", replaced: ["1", "2"] });
        assert.deepEqual(cloned, { kind: kinds[3], ...about, serial: "1", current: "3" });
      }),
    );

    test("law: one is current at most, and whoever uses the newest has the current one", async () => {
      const step = fc.record({ number: fc.integer({ min: 2, max: 6 }), isUse: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const fixture = await open();
          try {
            const { certificates } = fixture.repository;
            let used = certificateOf("d", 1);
            for (const { number, isUse } of steps) {
              const certificate = certificateOf("d", number);
              const before = await certificates.ofDevice("d");
              if (!isUse) await certificates.renew(certificate, used, ORIGIN, 0);
              else if (
                before.some(({ serial, state }) => serial === certificate.serial && state === "issued")
              ) {
                await certificates.use("d", certificate, ORIGIN);
                used = certificate;
              }
              const now = await certificates.ofDevice("d");
              const current = now.filter(({ state }) => state === "current");
              assert.deepEqual(
                current.map(({ serial }) => serial),
                now.length === 0 ? [] : [used.serial],
              );
              // What is replaced never counts again.
              for (const { serial } of before.filter(({ state }) => state === "replaced"))
                assert.equal(now.find((one) => one.serial === serial)?.state, "replaced");
            }
          } finally {
            await fixture.dispose();
          }
        }),
        { numRuns: 25 },
      );
    });
  });
}
