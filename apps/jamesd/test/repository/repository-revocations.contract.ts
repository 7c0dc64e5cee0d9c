import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LockedOut, Revocation } from "../../src/repository/revocation-store.ts";
import type { RepositoryFixture } from "./repository.contract.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1 };
const LATER = { ...ORIGIN, author: "otto", time: 2 };
const LOCKS: readonly [LockedOut, LockedOut, LockedOut, LockedOut] = [
  { kind: "name", name: "device-1" },
  { kind: "certificate", serial: "a1", issuer: "f".repeat(64) },
  { kind: "certificate", serial: "a1", issuer: null },
  { kind: "name", name: "device-1", devicesOnly: true },
];

/** What every adapter of the repository must do with who is locked out. */
export function revocationContract(name: string, open: () => Promise<RepositoryFixture>): void {
  describe(`${name}: who is locked out`, () => {
    test("is kept in order, once, with who did it first and why, until it is let in", async () => {
      const fixture = await open();
      try {
        const { revocations } = fixture.repository;
        const made = LOCKS.map((lock): Revocation => ({ locked: lock, ...ORIGIN, reason: "stolen" }));
        assert.deepEqual(await revocations.add(made), made);
        assert.deepEqual(await revocations.add([{ locked: LOCKS[0], ...LATER, reason: "lost" }]), []);
        const again = await fixture.reopen();
        assert.deepEqual(await again.revocations.all(), made);
        assert.deepEqual(await again.revocations.get("name device-1"), made[0]);
        assert.equal(await again.revocations.get("name device-2"), undefined);
        assert.deepEqual(
          await again.revocations.remove([LOCKS[2], { kind: "name", name: "device-2" }], LATER),
          [made[2]],
        );
        assert.deepEqual(await again.revocations.remove([LOCKS[2]], LATER), []);
        assert.deepEqual(await again.revocations.all(), [made[0], made[1], made[3]]);
        const events = await again.events.page({ kinds: ["revoked", "unrevoked"], limit: 9, isLast: false });
        assert.deepEqual(
          events.map(({ kind, author }) => [kind, author]),
          [...LOCKS.map(() => ["revoked", "olga"]), ["unrevoked", "otto"]],
        );
      } finally {
        await fixture.dispose();
      }
    });
  });
}
