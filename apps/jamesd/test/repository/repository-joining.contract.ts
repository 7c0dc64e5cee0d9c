import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { IssuedCertificate } from "../../src/repository/certificate-store.ts";
import type { EnrollToken } from "../../src/repository/enroll-token-store.ts";
import type { Admission, Enrollment } from "../../src/repository/enrollment-store.ts";
import { deviceReported } from "../../src/repository/make-event.ts";
import type { Repository } from "../../src/repository/repository.ts";
import { deviceOf } from "./repository.contract.ts";
import type { FeedFixture } from "./repository-feed.contract.ts";
import { withFixture } from "./with-fixture.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1000 };
const BOUNDS = { most: 3, mostOfPlace: 2 };
export const ENDS = 9000;

/** A token as it is kept. */
export function tokenOf(id: string, changed: Partial<EnrollToken> = {}): EnrollToken {
  const scope = { device: null, prefix: null, tags: ["lab"] };
  const life = { uses: 1, used: 0, ends: ENDS, lastUsed: null };
  return { id, secretDigest: sha256(id), ...scope, ...life, ...ORIGIN, ...changed };
}

function enrollmentOf(device: string, changed: Partial<Enrollment> = {}): Enrollment {
  return {
    ...{ device, fingerprint: sha256(device), state: "waiting", request: "PEM", tags: [], token: null },
    ...{ address: "10.0.0.9", place: "10.0.0.9", time: ORIGIN.time, ends: ENDS },
    ...changed,
  };
}

let serials = 0;

function issuedTo(
  device: string,
  fingerprint = sha256(device),
  serial = (++serials).toString(16),
): IssuedCertificate {
  return { device, fingerprint, issuer: sha256("ca"), serial, starts: 0, ends: ENDS, certificate: serial };
}

/** A device that comes in with a certificate of this serial number. */
export function admissionOf(device: string, changed: Partial<Admission> = {}, serial?: string): Admission {
  const fingerprint = changed.fingerprint ?? sha256(device);
  const issued = issuedTo(device, fingerprint, serial);
  return {
    ...{ device, fingerprint, request: "PEM", token: null, tags: [], issued },
    ...{ place: "10.0.0.9", ends: ENDS, origin: { ...ORIGIN, author: device } },
    ...changed,
  };
}

async function kindsOf({ events }: Repository): Promise<readonly string[]> {
  const page = await events.page({ limit: 100, isLast: false });
  return page.map(({ kind }) => kind).filter((kind) => !kind.startsWith("certificate-"));
}

/** What every adapter of the repository must do with who joins. */
export function joiningContract(name: string, open: () => Promise<FeedFixture>): void {
  const within = withFixture(open);

  describe(`${name}: joining`, () => {
    test(
      "tokens are kept in order until they are taken back, or ended a month ago",
      within(async ({ enrollTokens }, fixture) => {
        const old = tokenOf("old", { ends: ORIGIN.time });
        const bound = tokenOf("bound", { device: "d-1", tags: [] });
        for (const token of [old, bound]) await enrollTokens.add(token);
        const again = await fixture.reopen();
        assert.deepEqual(await again.enrollTokens.all(), [old, bound]);
        assert.deepEqual(await again.enrollTokens.get("bound"), bound);
        assert.equal(await again.enrollTokens.get("none"), undefined);
        assert.deepEqual(await again.enrollTokens.remove("bound", ORIGIN), bound);
        assert.equal(await again.enrollTokens.remove("bound", ORIGIN), undefined);
        const later = tokenOf("new", { time: ORIGIN.time + 31 * 86_400_000, ends: 2 ** 40 });
        await again.enrollTokens.add(later);
        assert.deepEqual(await again.enrollTokens.all(), [later]);
        assert.deepEqual(await kindsOf(again), ["token-made", "token-made", "token-revoked", "token-made"]);
      }),
    );

    test(
      "a token lets in as often as it says and until it ends; the same request again costs nothing",
      within(async ({ enrollTokens, enrollments }, fixture) => {
        await enrollTokens.add(tokenOf("t"));
        const first = admissionOf("d-1", { token: "t", tags: ["lab"] });
        const issued = { outcome: "issued", certificate: first.issued?.certificate };
        assert.deepEqual(await enrollments.admit(first), issued);
        const again = await fixture.reopen();
        const repeated = admissionOf("d-1", { token: "t" });
        assert.deepEqual(await again.enrollments.admit(repeated), issued);
        assert.deepEqual((await again.enrollTokens.get("t"))?.used, 1);
        assert.deepEqual((await again.enrollTokens.get("t"))?.lastUsed, ORIGIN.time);
        assert.deepEqual(await again.enrollments.admit(admissionOf("d-2", { token: "t" })), {
          outcome: "refused",
        });
        await again.enrollTokens.add(tokenOf("ended", { ends: ORIGIN.time }));
        for (const token of ["ended", "none", null])
          assert.deepEqual(await again.enrollments.admit(admissionOf("d-2", { token })), {
            outcome: "refused",
          });
        assert.deepEqual(await again.certificates.ofDevice("d-2"), [], "nothing of what was refused stays");
        assert.deepEqual(await kindsOf(again), ["token-made", "device-enrolled", "token-made"]);
      }),
    );

    test(
      "of two devices that race for one use by two processes one is let in",
      within(async ({ enrollTokens, enrollments }, fixture) => {
        const other = await fixture.beside();
        try {
          await enrollTokens.add(tokenOf("t"));
          const outcomes = await Promise.all([
            enrollments.admit(admissionOf("d-1", { token: "t" })),
            other.enrollments.admit(admissionOf("d-2", { token: "t" })),
          ]);
          assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ["issued", "refused"]);
        } finally {
          await other.close();
        }
      }),
    );

    test(
      "tags come with the certificate: to a device that is known, and to one as soon as it checks in",
      within(async ({ enrollTokens, enrollments, devices }, fixture) => {
        await enrollTokens.add(tokenOf("t", { uses: 9 }));
        await enrollments.admit(admissionOf("d-1", { token: "t", tags: ["lab"] }));
        assert.deepEqual(await devices.awaitedTags("d-1"), ["lab"]);
        const record = { ...deviceOf("d-1"), given: ["lab"] };
        await devices.save([record], deviceReported(undefined, record, ORIGIN));
        const again = await fixture.reopen();
        assert.deepEqual(await again.devices.awaitedTags("d-1"), []);
        assert.deepEqual((await again.devices.get("d-1"))?.given, ["lab"]);
        await again.enrollments.approve(
          { device: "d-1", fingerprint: sha256("new key"), tags: ["site-2"], ends: ENDS },
          ORIGIN,
        );
        await again.enrollments.admit(admissionOf("d-1", { fingerprint: sha256("new key") }));
        assert.deepEqual((await again.devices.get("d-1"))?.given, ["lab", "site-2"]);
        const changes = (await again.feed.changes(0)) ?? [];
        assert.deepEqual(
          changes.filter(({ kind }) => kind === "device-tagged").map(({ position: _, ...change }) => change),
          [{ kind: "device-tagged", device: "d-1" }],
          "whoever has it in memory hears of it",
        );
        await again.enrollments.admit(admissionOf("d-2", { token: "t", tags: ["lab"] }));
        await again.devices.remove("d-2", { ...ORIGIN, message: "" });
        assert.deepEqual(await again.devices.awaitedTags("d-2"), [], "one that is removed is not awaited");
      }),
    );

    test(
      "a name is another key's while that has a certificate, is known, or is approved",
      within(async ({ enrollTokens, enrollments, devices }) => {
        await enrollTokens.add(tokenOf("t", { uses: 9 }));
        const other = { token: "t", fingerprint: sha256("other") };
        const outcomeOf = async (device: string, changed: Partial<Admission>) =>
          (await enrollments.admit(admissionOf(device, changed))).outcome;
        assert.equal(await outcomeOf("d-1", { token: "t" }), "issued");
        assert.equal(await outcomeOf("d-1", other), "taken");
        await devices.save([deviceOf("d-2")], []);
        assert.equal(await outcomeOf("d-2", other), "taken");
        await enrollments.approve(
          { device: "d-3", fingerprint: sha256("d-3"), tags: [], ends: ENDS },
          ORIGIN,
        );
        assert.equal(await outcomeOf("d-3", other), "taken");
        assert.equal(await enrollments.isTaken({ device: "d-3", fingerprint: sha256("d-3") }, 1), false);
        assert.equal((await enrollTokens.get("t"))?.used, 1, "who is not let in takes no use");
        const late = { ...ORIGIN, author: "d-1", time: ENDS + 1 };
        await enrollTokens.add(tokenOf("late", { ends: 2 ** 40, uses: 9 }));
        assert.equal(
          await outcomeOf("d-1", { ...other, token: "late", origin: late }),
          "issued",
          "it has ended",
        );
        await enrollments.approve(
          { device: "d-2", fingerprint: sha256("other"), tags: [], ends: ENDS },
          ORIGIN,
        );
        assert.equal(
          await outcomeOf("d-2", { fingerprint: sha256("other") }),
          "issued",
          "an operator said so",
        );
      }),
    );

    test(
      "what a device asks for itself does not overrule whom an operator approved, and is approved after that",
      within(async ({ enrollments }) => {
        const [decided, own] = ["decided", "own"].map((key) => ({ device: "d", fingerprint: sha256(key) }));
        assert.ok(decided && own);
        await enrollments.approve({ ...decided, tags: [], ends: ENDS }, ORIGIN);
        const next = { ...own, tags: [], ends: ENDS + 2 };
        await enrollments.approveNext(next, ORIGIN);
        assert.equal((await enrollments.get(decided, ORIGIN.time))?.state, "approved");
        assert.equal(await enrollments.get(own, ORIGIN.time), undefined);
        await enrollments.approveNext(next, { ...ORIGIN, time: ENDS + 1 });
        assert.equal((await enrollments.get(own, ENDS + 1))?.state, "approved");
      }),
    );

    test(
      "when all have ended, a device's last key has its name, and no key that was replaced",
      within(async ({ enrollTokens, enrollments, devices, certificates }) => {
        await enrollTokens.add(tokenOf("t", { ends: 2 ** 40, uses: 9 }));
        await devices.save([deviceOf("d-1")], []);
        const [old, last] = [issuedTo("d-1", sha256("old")), issuedTo("d-1", sha256("last"))];
        const origin = { ...ORIGIN, author: "d-1" };
        await certificates.renew(last, old, origin, 0);
        await certificates.use("d-1", last, origin);
        const late = { ...origin, time: ENDS + 1 };
        const outcomeOf = async ({ fingerprint }: IssuedCertificate) =>
          (await enrollments.admit(admissionOf("d-1", { fingerprint, token: "t", origin: late }))).outcome;
        assert.deepEqual([await outcomeOf(old), await outcomeOf(last)], ["taken", "issued"]);
      }),
    );

    test(
      "who waits is kept once, is approved or rejected, and is forgotten after a time",
      within(async ({ enrollments }, fixture) => {
        const waiting = enrollmentOf("d-1", { tags: ["lab"], token: "t" });
        assert.deepEqual(await enrollments.wait(waiting, BOUNDS), waiting);
        assert.deepEqual(await enrollments.wait({ ...waiting, request: "other" }, BOUNDS), waiting);
        assert.deepEqual(await enrollments.admit(admissionOf("d-1")), { outcome: "refused" });
        const again = await fixture.reopen();
        assert.deepEqual(await again.enrollments.all(ORIGIN.time), [waiting]);
        assert.deepEqual(await again.enrollments.all(ENDS), []);
        assert.equal(await again.enrollments.get(waiting, ENDS), undefined);
        const approval = { device: "d-1", fingerprint: waiting.fingerprint, tags: ["b"], ends: ENDS };
        const approved = await again.enrollments.approve(approval, ORIGIN);
        assert.deepEqual(approved, { ...waiting, state: "approved", tags: ["b", "lab"] });
        assert.deepEqual(await again.enrollments.get(waiting, ORIGIN.time), approved);
        const rejected = await again.enrollments.reject(waiting, ENDS, ORIGIN);
        assert.equal(rejected?.state, "rejected");
        assert.deepEqual(await again.enrollments.admit(admissionOf("d-1")), { outcome: "refused" });
        await again.enrollments.approve(approval, ORIGIN);
        assert.equal((await again.enrollments.admit(admissionOf("d-1"))).outcome, "issued");
        assert.deepEqual(await again.enrollments.all(ORIGIN.time), []);
        assert.equal(await again.enrollments.reject(waiting, ENDS, ORIGIN), undefined);
        assert.deepEqual(await kindsOf(again), [
          ...["enrollment-waiting", "enrollment-approved", "enrollment-rejected", "enrollment-approved"],
          "device-enrolled",
        ]);
      }),
    );

    test(
      "those who want to join are counted by how it stands with them",
      within(async ({ enrollments }) => {
        assert.deepEqual(await enrollments.counts(ORIGIN.time), { waiting: 0, approved: 0, rejected: 0 });
        await enrollments.wait(enrollmentOf("a"), BOUNDS);
        const rejected = await enrollments.wait(enrollmentOf("b"), BOUNDS);
        await enrollments.reject(rejected, ENDS, ORIGIN);
        for (const device of ["c", "d"])
          await enrollments.approve({ ...enrollmentOf(device), tags: [], ends: ENDS + 1 }, ORIGIN);
        assert.deepEqual(await enrollments.counts(ORIGIN.time), { waiting: 1, approved: 2, rejected: 1 });
        assert.deepEqual(await enrollments.counts(ENDS), { waiting: 0, approved: 2, rejected: 0 });
      }),
    );

    test(
      "who fills the queue drives out its own, and then whoever has most in it",
      within(async ({ enrollments }) => {
        const wait = (device: string, place: string) =>
          enrollments.wait(enrollmentOf(device, { place, address: place }), BOUNDS);
        for (const device of ["a-1", "a-2", "a-3"]) await wait(device, "a");
        const names = async () => (await enrollments.all(ORIGIN.time)).map(({ device }) => device);
        assert.deepEqual(await names(), ["a-2", "a-3"]);
        await wait("b-1", "b");
        await wait("c-1", "c");
        assert.deepEqual(await names(), ["a-3", "b-1", "c-1"], "b and c have only one");
      }),
    );

    test(
      "what is signed elsewhere waits as approved, and comes by its key",
      within(async ({ enrollTokens, enrollments, certificates }) => {
        await enrollTokens.add(tokenOf("t"));
        const held = admissionOf("d-1", { token: "t", tags: ["lab"], issued: undefined });
        assert.deepEqual(await enrollments.admit(held), { outcome: "approved" });
        assert.deepEqual(await enrollments.admit({ ...held, token: null }), { outcome: "approved" });
        assert.deepEqual((await enrollTokens.get("t"))?.used, 1);
        const issued = issuedTo("d-1");
        await enrollments.certify(issuedTo("nobody"), ORIGIN);
        await enrollments.certify(issued, ORIGIN);
        assert.deepEqual(
          (await certificates.ofDevice("d-1")).map(({ serial, state }) => [serial, state]),
          [[issued.serial, "issued"]],
        );
        assert.deepEqual(await certificates.ofDevice("nobody"), []);
        assert.deepEqual(await enrollments.all(ORIGIN.time), []);
      }),
    );
  });
}
