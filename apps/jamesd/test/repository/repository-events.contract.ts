// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { sha256 } from "@jamesd/model";
import fc from "fast-check";
import type { DeviceRecord } from "../../src/device/device-record.ts";
import type { Event, NewEvent } from "../../src/repository/event.ts";
import type { EventQuery } from "../../src/repository/event-store.ts";
import type { Repository } from "../../src/repository/repository.ts";
import type { DeviceShare } from "../../src/sqlite/event-bound.ts";
import { allDevices } from "./all-devices.ts";
import { deviceOf, own, packetOf, type RepositoryFixture, spec } from "./repository.contract.ts";
import { withFixture } from "./with-fixture.ts";

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1000 };
const REQUEST = { ...ORIGIN, message: "why" };

/** Every event of a repository. */
export async function allEvents(
  repository: Repository,
  query: Partial<EventQuery> = {},
): Promise<readonly Event[]> {
  const events: Event[] = [];
  for (;;) {
    const after = events.at(-1)?.sequence;
    const page = await repository.events.page({ limit: 1000, isLast: false, ...query, after });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** A short event of a device at a time. */
function removedAt(time: number, device = "d"): NewEvent {
  return { kind: "device-removed", author: device, address: "10.0.0.2", device, time };
}

const sequences = (events: readonly Event[]) => events.map(({ sequence }) => sequence);

/** What every adapter of the repository must do with events. */
export function eventContract(name: string, open: (share?: DeviceShare) => Promise<RepositoryFixture>): void {
  const within = withFixture(open);

  describe(`${name}: events`, () => {
    test(
      "what changes something writes one, with who, when and from where, and it is there after a new start",
      within(async (repository, fixture) => {
        const packet = packetOf("vpn", ["v1"]);
        await repository.packets.add(packet, ORIGIN);
        await repository.documents.commit([own("d", []), spec("s", ["arm"], [])], REQUEST);
        await repository.devices.save([deviceOf("d")], [removedAt(7)]);
        await repository.devices.remove("d", { ...ORIGIN, author: "otto", message: "Remove" });
        await repository.packets.remove(packet.digest, { ...ORIGIN, time: 2000 });
        const it = { packet: packet.digest, name: "vpn", tags: ["v1"] };
        const documents = [
          { kind: "device" as const, id: "d" },
          { kind: "spec" as const, id: "s" },
        ];
        assert.deepEqual(await allEvents(await fixture.reopen()), [
          { sequence: 1, kind: "packet-added", ...ORIGIN, ...it },
          { sequence: 2, kind: "revision", ...REQUEST, revision: 1, documents, changed: 2 },
          { sequence: 3, ...removedAt(7) },
          {
            ...{ sequence: 4, kind: "revision", ...ORIGIN, author: "otto", message: "Remove" },
            ...{ revision: 2, documents: documents.slice(0, 1), changed: 1 },
          },
          { sequence: 5, kind: "device-removed", ...ORIGIN, author: "otto", device: "d" },
          { sequence: 6, kind: "packet-removed", ...ORIGIN, time: 2000, ...it },
        ]);
      }),
    );
    test(
      "of a revision the first 20 documents are named, and the others counted",
      within(async (repository) => {
        const ids = Array.from({ length: 23 }, (_, i) => `d${i + 10}`);
        await repository.documents.commit(
          ids.map((id) => own(id, [])),
          REQUEST,
        );
        const [event] = await allEvents(repository);
        assert.ok(event?.kind === "revision");
        assert.deepEqual(
          event.documents.map(({ id }) => id),
          ids.slice(0, 20),
        );
        assert.equal(event.changed, 23);
      }),
    );
    test(
      "what changes nothing, or is refused, writes none",
      within(async (repository) => {
        await repository.packets.add(packetOf("vpn", ["v1"]), ORIGIN);
        await repository.documents.commit([own("d", [])], REQUEST);
        const before = await allEvents(repository);
        assert.equal(before.length, 2);
        await repository.packets.add(packetOf("vpn", ["v1"]), ORIGIN);
        await repository.documents.commit([own("d", [])], REQUEST);
        await repository.packets.remove(sha256("none"), ORIGIN);
        await repository.devices.remove("nobody", REQUEST);
        await repository.devices.noteSeen(new Map([["d", { time: 4, certEnds: 4 }]]));
        await assert.rejects(repository.packets.add(packetOf("vpn", ["v1"], "other"), ORIGIN));
        await assert.rejects(repository.documents.commit([{ ...own("e", []), expected: 4 }], REQUEST));
        const broken = { ...deviceOf("b"), lastSeen: Symbol("no number") } as unknown as DeviceRecord;
        await assert.rejects(repository.devices.save([broken], [removedAt(1)]));
        assert.deepEqual(await allEvents(repository), before);
      }),
    );
    test(
      "of an event that cannot be written, nothing else of its transaction is either",
      within(async (repository) => {
        const broken = { ...removedAt(1), time: Symbol("no number") } as unknown as NewEvent;
        await assert.rejects(repository.devices.save([deviceOf("d")], [broken]));
        assert.deepEqual(await allDevices(repository), []);
      }),
    );
    test(
      "law: pages together are the whole, forwards and backwards, whatever their length",
      within(async (repository) => {
        const events = Array.from({ length: 25 }, (_, i) => removedAt(i));
        await repository.devices.save([deviceOf("d")], events);
        const whole = sequences(await allEvents(repository));
        assert.equal(whole.length, 25);
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
            assert.deepEqual(sequences(await allEvents(repository, { limit })), whole);
            let back: number[] = [];
            for (;;) {
              const page = await repository.events.page({ limit, isLast: true, before: back[0] });
              if (page.length === 0) break;
              back = [...sequences(page), ...back];
            }
            assert.deepEqual(back, whole);
          }),
          { numRuns: 30 },
        );
      }),
    );
    test(
      "are found by kind and by time, also when the clock was set back",
      within(async (repository) => {
        await repository.devices.save(
          [deviceOf("d")],
          [10, 50, 20, 30].map((time) => removedAt(time)),
        );
        await repository.documents.commit([own("d", [])], { ...REQUEST, time: 40 });
        const found = async (query: Partial<EventQuery>) =>
          (await allEvents(repository, query)).map(({ time }) => time);
        assert.deepEqual(await found({ since: 20 }), [50, 20, 30, 40]);
        assert.deepEqual(await found({ since: 20, until: 40 }), [20, 30]);
        assert.deepEqual(await found({ since: 51 }), []);
        assert.deepEqual(await found({ until: 11 }), [10]);
        assert.deepEqual(await found({ kinds: ["revision"] }), [40]);
        assert.deepEqual(await found({ kinds: ["packet-added"] }), []);
        assert.deepEqual(await found({ kinds: ["revision", "device-removed"], since: 40 }), [50, 40]);
      }),
    );
    test(
      "of a device are its own, and the revisions of its document and of specs that choose it, or did",
      within(async (repository) => {
        await repository.documents.commit([own("d", [])], REQUEST);
        await repository.documents.commit([own("e", [])], REQUEST);
        await repository.documents.commit([spec("arms", ["arm"], [])], REQUEST);
        await repository.documents.commit([spec("big", ["arm", "big"], [])], REQUEST);
        await repository.documents.commit([spec("all", [], [])], REQUEST);
        await repository.documents.commit([{ kind: "spec", id: "arms", content: null }], REQUEST);
        await repository.devices.save([deviceOf("d")], [removedAt(1, "d"), removedAt(1, "e")]);
        const found = async (id: string, tags: readonly string[]) =>
          (await allEvents(repository, { device: { id, tags } })).map((event) =>
            event.kind === "revision" ? event.revision : event.author,
          );
        assert.deepEqual(await found("d", ["arm"]), [1, 3, 5, 6, "d"]);
        assert.deepEqual(await found("e", ["big", "arm", "x"]), [2, 3, 4, 5, 6, "e"]);
        assert.deepEqual(await found("none", []), [5]);
      }),
    );
    test(
      "that are old go, and their numbers are not used again",
      within(async (repository, fixture) => {
        await repository.devices.save(
          [deviceOf("d")],
          Array.from({ length: 20_100 }, (_, i) => removedAt(i, `d${i % 50}`)),
        );
        assert.equal(await repository.events.expire(20_099, 99_999), 20_099);
        assert.deepEqual(sequences(await allEvents(repository)), [20_100]);
        assert.equal(await repository.events.expire(20_099, 99_999), 0);
        assert.equal(await repository.events.expire(99_999, 99_999), 1);
        const again = await fixture.reopen();
        await again.documents.commit([own("d", [])], REQUEST);
        assert.deepEqual(sequences(await allEvents(again)), [20_101]);
      }),
    );
    test(
      "that are old go by and by, whatever the clock says, and gaps are passed over",
      within(async (repository) => {
        const times = [0, 5, 1_000_000, 1_000_009, 1_000_010, 1_000_011];
        await repository.devices.save(
          [deviceOf("d")],
          times.map((time) => removedAt(time, "d")),
        );
        const expire = (before: number) => repository.events.expire(before, 10);
        assert.deepEqual([await expire(5), await expire(9_999_999)], [1, 1]);
        assert.equal(await expire(9_999_999), 2, "what is ten later than the oldest stays for once");
        assert.deepEqual([await expire(9_999_999), await expire(9_999_999)], [2, 0]);
      }),
    );
    test(
      "of one device are bounded in number, whatever is written in between, and the newest stay",
      within(
        async (repository) => {
          await repository.devices.save([deviceOf("d")], [removedAt(0, "quiet")]);
          // In turns, so that the sequences of a device have a pattern.
          for (let time = 1; time <= 100; time += 1)
            await repository.devices.save([deviceOf("d")], [removedAt(time, "a"), removedAt(time, "b")]);
          const kept = await allEvents(repository);
          for (const device of ["a", "b"]) {
            const times = kept.filter(({ author }) => author === device).map(({ time }) => time);
            assert.ok(times.length >= 32 && times.length <= 34, String(times.length));
            assert.deepEqual(
              times,
              Array.from({ length: times.length }, (_, i) => 101 - times.length + i),
            );
          }
          assert.equal(kept[0]?.author, "quiet");
        },
        { events: 32, bytes: 1_000_000 },
      ),
    );
    test(
      "of one device are bounded in bytes, but for the newest",
      within(
        async (repository) => {
          const long = (time: number, length: number): NewEvent => ({
            ...{ kind: "retry", author: "olga", address: "10.0.0.1", device: "d", time },
            failed: "ä".repeat(length / 2),
          });
          await repository.devices.save([deviceOf("d")], [removedAt(0, "other")]);
          for (let time = 1; time <= 40; time += 1)
            await repository.devices.save([deviceOf("d")], [long(time, 1000)]);
          const times = (await allEvents(repository)).map(({ time }) => time);
          assert.equal(times[0], 0);
          assert.ok(times.length >= 9 && times.length <= 11, String(times));
          assert.equal(times.at(-1), 40);
          await repository.devices.save([deviceOf("d")], [long(41, 50_000)]);
          assert.deepEqual(
            (await allEvents(repository)).map(({ time }) => time),
            [0, 41],
          );
        },
        { events: 1000, bytes: 10_000 },
      ),
    );
    test(
      "of one device are bounded also when each start writes only a few",
      within(
        async (repository, fixture) => {
          await repository.devices.save(
            [deviceOf("d")],
            Array.from({ length: 32 }, (_, i) => removedAt(i)),
          );
          for (let time = 32; time < 40; time += 1)
            await (await fixture.reopen()).devices.save([deviceOf("d")], [removedAt(time)]);
          const { length } = await allEvents(await fixture.reopen());
          assert.ok(length >= 32 && length <= 34, String(length));
        },
        { events: 32, bytes: 1_000_000 },
      ),
    );
    test(
      "law: a page has what a plain search through the whole finds",
      within(async (repository) => {
        const selectors = [["arm"], ["arm", "big"], [], ["x"]];
        const happening = fc.oneof(
          fc.record({ device: fc.constantFrom("d", "e"), time: fc.nat(50), retry: fc.boolean() }),
          fc.record({ own: fc.constantFrom("d", "e"), time: fc.nat(50) }),
          fc.record({ spec: fc.constantFrom("s", "t"), selector: fc.nat(4), time: fc.nat(50) }),
        );
        const happenings = fc.sample(happening, { numRuns: 120, seed: 7 });
        let version = 0;
        for (const it of happenings) {
          const request = { ...REQUEST, time: it.time };
          version += 1;
          const apps = [{ name: `a${version}`, tags: [] }];
          if ("device" in it) {
            const from = { author: it.device, address: "10.0.0.2", device: it.device, time: it.time };
            const event: NewEvent = it.retry
              ? { ...from, kind: "retry", failed: "t" }
              : removedAt(it.time, it.device);
            await repository.devices.save([deviceOf("d")], [event]);
          } else if ("own" in it) await repository.documents.commit([own(it.own, apps)], request);
          else if (it.selector < 4)
            await repository.documents.commit([spec(it.spec, selectors[it.selector] ?? [], apps)], request);
          else await repository.documents.commit([{ kind: "spec", id: it.spec, content: null }], request);
        }
        const whole = await allEvents(repository);
        const versions = [
          ...(await repository.documents.versions({ kind: "spec", id: "s" })),
          ...(await repository.documents.versions({ kind: "spec", id: "t" })),
        ];
        const concerns = (event: Event, { id, tags }: NonNullable<EventQuery["device"]>): boolean => {
          if (event.kind !== "revision") return "device" in event && event.device === id;
          return event.documents.some((document) =>
            document.kind === "device"
              ? document.id === id
              : versions.some(
                  (it) => it.id === document.id && it.content?.selector.every((tag) => tags.includes(tag)),
                ),
          );
        };
        const fits = (event: Event, query: EventQuery): boolean =>
          (!query.device || concerns(event, query.device)) &&
          (!query.kinds || query.kinds.includes(event.kind)) &&
          event.time >= (query.since ?? 0) &&
          event.time < (query.until ?? Number.POSITIVE_INFINITY) &&
          event.sequence > (query.after ?? 0) &&
          event.sequence < (query.before ?? Number.POSITIVE_INFINITY);
        const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
        const query = fc.record({
          device: maybe(
            fc.record({
              id: fc.constantFrom("d", "e", "none"),
              tags: fc.subarray(["arm", "big", "x"]),
            }),
          ),
          kinds: maybe(
            fc.subarray(["revision", "device-removed", "retry", "packet-added"] as const, { minLength: 1 }),
          ),
          since: maybe(fc.nat(52)),
          until: maybe(fc.nat(52)),
          after: maybe(fc.nat(whole.length + 2)),
          before: maybe(fc.nat(whole.length + 2)),
          limit: fc.integer({ min: 1, max: 60 }),
          isLast: fc.boolean(),
        });
        await fc.assert(
          fc.asyncProperty(query, async (asked) => {
            const all = whole.filter((event) => fits(event, asked));
            const wanted = asked.isLast ? all.slice(-asked.limit) : all.slice(0, asked.limit);
            assert.deepEqual(await repository.events.page(asked), wanted);
          }),
          { numRuns: 500 },
        );
      }),
    );
    test(
      "that are long together make short pages",
      within(async (repository) => {
        const message = "x".repeat(3 * 1024 * 1024);
        for (const id of ["a", "b", "c"])
          await repository.documents.commit([own(id, [])], { ...REQUEST, message });
        const page = await repository.events.page({ limit: 10, isLast: false });
        assert.deepEqual(sequences(page), [1, 2]);
        assert.equal((await allEvents(repository)).length, 3);
      }),
    );
    test(
      "are heard of by who listens, until he does not",
      within(async (repository) => {
        let heard = 0;
        const stop = repository.events.onNews(() => {
          heard += 1;
        });
        await repository.documents.commit([own("d", [])], REQUEST);
        await turn();
        assert.equal(heard, 1);
        stop();
        await repository.documents.commit([own("e", [])], REQUEST);
        await turn();
        assert.equal(heard, 1);
      }),
    );
  });
}
