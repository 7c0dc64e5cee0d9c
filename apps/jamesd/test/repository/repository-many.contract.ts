import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DocumentChange } from "@jamesd/model";
import type { Repository } from "../../src/repository/repository.ts";
import { allDevices } from "./all-devices.ts";
import { deviceOf, failsWith, own, type RepositoryFixture } from "./repository.contract.ts";
import { allEvents } from "./repository-events.contract.ts";
import { withFixture } from "./with-fixture.ts";

const REQUEST = { author: "olga", address: "10.0.0.1", message: "why", time: 1 };
/** More than are written at once. */
const MANY = 3000;

function ownOf(many: number, version: string): DocumentChange[] {
  return Array.from({ length: many }, (_, i) => own(`d${i}`, [{ name: "vpn", tags: [version] }]));
}

function report(repository: Repository, id: string): Promise<void> {
  const event = { kind: "device-removed" as const, author: id, address: "10.0.0.2", device: id, time: 2 };
  return repository.devices.save([deviceOf(id, 2)], [event]);
}

async function kinds(repository: Repository): Promise<readonly string[]> {
  return (await allEvents(repository)).map(({ kind }) => kind);
}

/** What every adapter of the repository must do with a revision of many documents. */
export function manyContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);

  describe(`${name}: a revision of many documents`, () => {
    test(
      "others run while it is written, and read what was before; what they write comes after it",
      within(async (repository) => {
        let isOver = false;
        const { documents } = repository;
        const committed = documents.commit(ownOf(MANY, "v1"), REQUEST).finally(() => {
          isOver = true;
        });
        const reported = report(repository, "d0");
        const marked = repository.devices.giveTags("d0", ["red"], REQUEST);
        let turns = 0;
        for (; !isOver; turns += 1) {
          const found = await documents.get({ kind: "device", id: "d0" });
          const newest = await repository.revisions.newest();
          // It may be done by now, and not told yet.
          assert.equal(found === undefined, newest === 0);
          await new Promise(setImmediate);
        }
        assert.ok(turns > 2, `${turns}`);
        const { revision, changed } = await committed;
        await Promise.all([reported, marked]);
        assert.deepEqual([revision, changed.length], [1, MANY]);
        assert.equal((await documents.all()).length, MANY);
        assert.deepEqual(await kinds(repository), ["revision", "device-removed", "device-tagged"]);
        const [device] = await allDevices(repository);
        assert.deepEqual(device?.given, ["red"]);
      }),
    );
    test(
      "two at once are written one after the other",
      within(async (repository) => {
        const { documents } = repository;
        const both = ["v1", "v2"].map((version) => documents.commit(ownOf(MANY, version), REQUEST));
        assert.deepEqual(
          (await Promise.all(both)).map(({ revision }) => revision),
          [1, 2],
        );
        assert.equal((await documents.versions({ kind: "device", id: "d0" })).length, 2);
      }),
    );
    test(
      "who waits for events is told of it",
      within(async (repository) => {
        const told = new Promise<void>((resolve) => repository.events.onNews(resolve));
        await repository.documents.commit(ownOf(MANY, "v1"), REQUEST);
        await told;
        assert.deepEqual(await kinds(repository), ["revision"]);
      }),
    );
    test(
      "one that is refused leaves nothing, and what came meanwhile is written",
      within(async (repository) => {
        const changes = ownOf(MANY, "v1");
        const last = changes.length - 1;
        const stale = changes.with(last, { ...(changes[last] as DocumentChange), expected: 7 });
        const refused = repository.documents.commit(stale, REQUEST);
        const reported = report(repository, "d0");
        await assert.rejects(refused, failsWith("REVISION_CONFLICT", /./));
        await reported;
        const late = repository.documents.commit(changes, REQUEST, (await repository.feed.head()) + 1);
        await assert.rejects(late, failsWith("CHANGE_OVERTAKEN", /./));
        assert.equal((await repository.documents.all()).length, 0);
        assert.deepEqual(await kinds(repository), ["device-removed"]);
        assert.equal((await repository.documents.commit(changes, REQUEST)).changed.length, MANY);
      }),
    );
    test(
      "a repository that closes in the middle of it has none of it, and all that was promised",
      within(async (repository, fixture) => {
        const [cut, next] = ["v1", "v2"].map((version) =>
          assert.rejects(repository.documents.commit(ownOf(MANY, version), REQUEST)),
        );
        const reported = report(repository, "d0");
        await new Promise(setImmediate);
        const again = await fixture.reopen();
        await Promise.all([cut, next, reported]);
        assert.equal((await again.documents.all()).length, 0);
        assert.deepEqual(await kinds(again), ["device-removed"]);
      }),
    );
  });
}
