import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "@jamesd/model";
import fc from "fast-check";
import type { NewEvent } from "../../src/repository/event.ts";
import type { Repository } from "../../src/repository/repository.ts";
import { allDevices } from "./all-devices.ts";
import { deviceOf, failsWith, type RepositoryFixture } from "./repository.contract.ts";
import { allEvents } from "./repository-events.contract.ts";
import { manyContract } from "./repository-many.contract.ts";
import { withFixture } from "./with-fixture.ts";

const REQUEST = { author: "olga", address: "10.0.0.1", message: "why", time: 1 };

/** So far does no test bring the feed. */
const FAR = 1000;

/** A report of a device with the event that tells of it. */
function report(repository: Repository, device: string, time: number, judgedAt?: number): Promise<void> {
  return repository.devices.save([deviceOf(device, time)], [toldAt(device, time)], judgedAt);
}

function toldAt(device: string, time: number): NewEvent {
  return { kind: "device-removed", author: device, address: "10.0.0.2", device, time };
}

/** What the event log says of each device: the times of its reports, in their order. */
async function timesOf(repository: Repository): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, readonly number[]>();
  for (const event of await allEvents(repository))
    if (event.kind === "device-removed")
      times.set(event.device, [...(times.get(event.device) ?? []), event.time]);
  return times;
}

/** What every adapter of the repository must do with what many devices say at once. */
export function gatheringContract(name: string, open: () => Promise<RepositoryFixture>): void {
  const within = withFixture(open);
  manyContract(name, open);

  describe(`${name}: many at once`, () => {
    test("law: whatever comes at once is written once, of each device in its order; what is refused, alone", async () => {
      const said = fc.record({ device: fc.constantFrom("a", "b", "c"), isStale: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(said, { maxLength: 40 }), async (reports) => {
          await within(async (repository, fixture) => {
            const stale = (await repository.feed.head()) + FAR;
            const outcomes = await Promise.allSettled(
              reports.map(({ device, isStale }, time) =>
                report(repository, device, time, isStale ? stale : undefined),
              ),
            );
            const written = new Map<string, number[]>();
            for (const [time, { device, isStale }] of reports.entries()) {
              assert.equal(outcomes[time]?.status, isStale ? "rejected" : "fulfilled");
              if (!isStale) written.set(device, [...(written.get(device) ?? []), time]);
            }
            const again = await fixture.reopen();
            assert.deepEqual(await timesOf(again), written);
            const last = new Map((await allDevices(again)).map(({ id, lastSeen }) => [id, lastSeen]));
            for (const [device, times] of written) assert.equal(last.get(device), times.at(-1));
          })();
        }),
        { numRuns: 20 },
      );
    });
    test(
      "what is stale is refused with its reason",
      within(async (repository) => {
        const stale = report(repository, "b", 1, (await repository.feed.head()) + FAR);
        await Promise.all([
          report(repository, "a", 1),
          assert.rejects(stale, failsWith("CHANGE_OVERTAKEN", /./)),
          report(repository, "c", 1),
        ]);
        assert.deepEqual([...(await timesOf(repository)).keys()], ["a", "c"]);
      }),
    );
    test(
      "what is asked for after a report comes after it",
      within(async (repository) => {
        const first = report(repository, "a", 1);
        const removed = repository.devices.remove("a", REQUEST);
        const again = report(repository, "a", 2);
        const tagged = repository.devices.giveTags("a", ["red"], REQUEST);
        await Promise.all([first, removed, again, tagged]);
        const [a] = await allDevices(repository);
        assert.deepEqual([a?.lastSeen, a?.given], [2, ["red"]]);
      }),
    );
    test(
      "a repository that closes writes what it was told before",
      within(async (repository, fixture) => {
        const reports = Array.from({ length: 50 }, (_, i) => report(repository, sha256(`${i}`), i));
        const again = await fixture.reopen();
        await Promise.all(reports);
        assert.equal((await allDevices(again)).length, 50);
        assert.equal((await allEvents(again)).length, 50);
      }),
    );
  });
}
