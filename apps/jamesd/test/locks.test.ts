import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLES } from "@jamesd/model";
import type { RevocationList } from "@jamesd/pki/revocation-list";
import fc from "fast-check";
import { type Lockable, Locks } from "../src/fleet/locks.ts";
import { type LockedOut, lockKey, type Revocation } from "../src/repository/revocation-store.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1, reason: "" };
const [NAMES, SERIALS, ISSUERS] = [
  ["a", "b"],
  ["1", "2"],
  ["x", "y"],
] as const;
const locked: fc.Arbitrary<LockedOut> = fc.oneof(
  fc.record({
    kind: fc.constant("name" as const),
    name: fc.constantFrom(...NAMES),
    devicesOnly: fc.constantFrom(undefined, true as const),
  }),
  fc.record({
    kind: fc.constant("certificate" as const),
    serial: fc.constantFrom(...SERIALS),
    issuer: fc.constantFrom(...ISSUERS, null),
  }),
);
const step = fc.record({ locked, isAdded: fc.boolean(), isReplaced: fc.boolean() });

/** The rule, said for one lock alone. */
function isKeptOut({ name, role, certificate }: Lockable, lock: LockedOut): boolean {
  if (lock.kind === "name") return lock.name === name && (!lock.devicesOnly || role === "device");
  return lock.serial === certificate.serial && (lock.issuer === null || lock.issuer === certificate.issuer);
}

test("whoever a lock is for is kept out as long as it is there, and nobody else", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const locks = new Locks([]);
      const there = new Map<string, Revocation>();
      let told = 0;
      locks.onChange(() => {
        told += 1;
      });
      for (const { locked: lock, isAdded, isReplaced } of steps) {
        const revocation = { locked: lock, ...ORIGIN };
        if (isAdded) there.set(lockKey(lock), revocation);
        else there.delete(lockKey(lock));
        if (isReplaced) locks.replace([...there.values()]);
        else locks.change(new Map([[lockKey(lock), isAdded ? revocation : undefined]]));
      }
      assert.equal(told, steps.length);
      for (const name of NAMES)
        for (const serial of SERIALS)
          for (const issuer of ISSUERS)
            for (const role of ROLES) {
              const one = { name, role, certificate: { serial, issuer } };
              assert.equal(
                locks.keepsOut(one),
                [...there.values()].some(({ locked: lock }) => isKeptOut(one, lock)),
              );
            }
    }),
  );
});

test("whoever the lists of authorities name is kept out, and who is of an authority that is closed", () => {
  const serials = fc.uniqueArray(fc.constantFrom(...SERIALS));
  const list = fc.record({ issuer: fc.constantFrom(...ISSUERS), serials });
  fc.assert(
    fc.property(
      fc.array(list, { maxLength: 3 }),
      fc.uniqueArray(fc.constantFrom(...ISSUERS)),
      (lists, closed) => {
        const locks = new Locks([]);
        const read = lists.map((one) => ({
          issuer: one.issuer,
          issuerName: `CN=${one.issuer}`,
          serials: new Set<string>(one.serials),
          thisUpdate: 0,
          nextUpdate: undefined,
        }));
        locks.list(read, closed);
        for (const serial of SERIALS)
          for (const issuer of ISSUERS)
            assert.equal(
              locks.keepsOut({ name: "a", role: "device", certificate: { serial, issuer } }),
              closed.includes(issuer) ||
                lists.some((one) => one.issuer === issuer && one.serials.includes(serial)),
            );
      },
    ),
  );
});

test("whoever has a later certificate is kept out with those before, of whichever issuer, until they have ended", () => {
  const one = fc.record({
    serial: fc.constantFrom(...SERIALS),
    issuer: fc.constantFrom(...ISSUERS),
    ends: fc.constant(10),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 6 }), (outdated) => {
      const locks = new Locks([]);
      for (const certificate of outdated) locks.outdate("a", [certificate], 1);
      for (const serial of SERIALS)
        for (const issuer of ISSUERS)
          assert.equal(
            locks.keepsOut({ name: "a", role: "device", certificate: { serial, issuer } }),
            outdated.some((other) => other.serial === serial && other.issuer === issuer),
          );
    }),
  );
});

test("why a device is locked out is told by its name, by its certificate and by the list of its authority", () => {
  const lock = (one: LockedOut, reason: string): Revocation => ({ locked: one, ...ORIGIN, reason });
  const locks = new Locks([
    lock({ kind: "name", name: "a" }, "stolen"),
    lock({ kind: "name", name: "b", devicesOnly: true }, "sold"),
    lock({ kind: "certificate", serial: "3", issuer: null }, "lost"),
    lock({ kind: "certificate", serial: "1", issuer: null }, "its key was copied"),
  ]);
  const list: RevocationList = {
    issuer: "x",
    issuerName: "X",
    serials: new Set(["9"]),
    thisUpdate: 0,
    nextUpdate: undefined,
  };
  const why = (name: string, certSerial: string | null, certIssuer: string | null = null) =>
    locks.lockOf(name, { certSerial, certIssuer })?.reason;
  assert.deepEqual([why("a", null), why("b", "2"), why("c", "1")], ["stolen", "sold", "its key was copied"]);
  assert.deepEqual([why("c", "2"), why("c", null)], [undefined, undefined]);
  locks.list([list], []);
  assert.match(why("c", "9") ?? "", /list of its authority/);
  assert.equal(why("c", "8"), undefined);

  const listed = why("c", "9");
  locks.change(new Map([["", lock({ kind: "certificate", serial: "7", issuer: "x" }, "its key was sold")]]));
  const both = (issuer: string) => [why("c", "9", issuer), why("c", "7", issuer)];
  assert.deepEqual(both("CN=X"), [listed, "its key was sold"], "as long as nobody knows who that is");
  locks.issuers.met("CN=X", "x");
  locks.issuers.met("CN=Y", "y");
  assert.deepEqual(both("CN=X"), [listed, "its key was sold"]);
  assert.deepEqual(both("CN=Y"), [undefined, undefined], "of another issuer, who counts as well");
  locks.issuers.met("CN=Y", "x");
  assert.deepEqual(both("CN=Y"), [listed, "its key was sold"], "two that are written alike");
});
