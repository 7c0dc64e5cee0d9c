import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Change, NewChange } from "../../src/repository/feed.ts";
import { deviceAdopted, deviceReported, retryWished } from "../../src/repository/make-event.ts";
import type { Repository } from "../../src/repository/repository.ts";
import { allDevices } from "./all-devices.ts";
import { deviceOf, failsWith, own, packetOf, type RepositoryFixture, spec } from "./repository.contract.ts";
import { withFixture } from "./with-fixture.ts";

/** A repository under test, and what another process has of it. */
export interface FeedFixture extends RepositoryFixture {
  /** Opens the same repository once more. */
  beside(): Promise<Repository>;
}

const ORIGIN = { author: "olga", address: "10.0.0.1", time: 1 };
const REQUEST = { ...ORIGIN, message: "" };
const OVERTAKEN = failsWith("CHANGE_OVERTAKEN", /others changed something/);

/** What the feed of every adapter of the repository must do. */
export function feedContract(name: string, open: () => Promise<FeedFixture>): void {
  const within = withFixture(open);

  describe(`${name}: the feed`, () => {
    test(
      "tells every change in its order, and nothing that devices report",
      within(async (repository, fixture) => {
        assert.equal(await repository.feed.head(), 0);
        assert.deepEqual(await repository.feed.changes(0), []);
        const { info } = await repository.packets.add(packetOf("a", []), ORIGIN);
        const device = deviceOf("d");
        await repository.devices.save([device], deviceReported(undefined, device, ORIGIN));
        await repository.devices.noteSeen(new Map([["d", { time: 2, certEnds: 2 }]]));
        await repository.documents.commit([own("d", []), spec("s", [], [])], REQUEST);
        await repository.devices.save([device], [retryWished("d", "t", ORIGIN)]);
        await repository.devices.save([device], [deviceAdopted("d", "server", ORIGIN)]);
        await repository.devices.giveTags("d", ["lab"], ORIGIN);
        await repository.devices.remove("d", REQUEST);
        await repository.packets.remove(info.digest, ORIGIN);
        await repository.revocations.add([{ locked: { kind: "name", name: "d" }, ...ORIGIN, reason: "" }]);
        await repository.revocations.remove([{ kind: "name", name: "d" }], ORIGIN);
        const told: readonly NewChange[] = [
          { kind: "packet-added", packet: info.digest },
          { kind: "revision", revision: 1 },
          { kind: "retry", device: "d" },
          { kind: "device-adopted", device: "d" },
          { kind: "device-tagged", device: "d" },
          { kind: "revision", revision: 2 },
          { kind: "device-removed", device: "d" },
          { kind: "packet-removed", packet: info.digest },
          { kind: "revoked", lock: "name d" },
          { kind: "unrevoked", lock: "name d" },
        ];
        const again = await fixture.reopen();
        assert.deepEqual(await again.feed.changes(0), numbered(told));
        assert.deepEqual(await again.feed.changes(5), numbered(told).slice(5));
        assert.equal(await again.feed.head(), 10);
      }),
    );

    test(
      "given tags are kept whatever the device reports, and end with it",
      within(async (repository, fixture) => {
        await repository.devices.save([deviceOf("d")], []);
        const given = { ...deviceOf("d"), given: ["lab"] };
        await repository.devices.giveTags("d", ["lab"], ORIGIN, await repository.feed.head());
        await repository.devices.giveTags("nobody", ["lab"], ORIGIN);
        await repository.devices.save([deviceOf("d")], []);
        const again = await fixture.reopen();
        assert.deepEqual(await allDevices(again), [given]);
        const page = await again.events.page({ limit: 9, isLast: false });
        assert.deepEqual(page, [
          {
            kind: "device-tagged",
            ...ORIGIN,
            sequence: 1,
            device: "d",
            tags: { before: [], after: ["lab"] },
          },
        ]);
        await assert.rejects(again.devices.giveTags("d", [], ORIGIN, 0), { code: "CHANGE_OVERTAKEN" });
        await again.devices.remove("d", REQUEST);
        await again.devices.save([deviceOf("d")], []);
        assert.deepEqual(await again.devices.get("d"), deviceOf("d"));
      }),
    );

    test(
      "tells nothing of what changed nothing",
      within(async (repository) => {
        await repository.packets.add(packetOf("a", []), ORIGIN);
        await repository.packets.add(packetOf("a", []), ORIGIN);
        await assert.rejects(repository.packets.add(packetOf("a", [], "y"), ORIGIN), {
          code: "PACKET_CONFLICT",
        });
        await repository.packets.remove("0".repeat(64), ORIGIN);
        await repository.documents.commit([own("d", [])], REQUEST);
        await repository.documents.commit([own("d", [])], REQUEST);
        await repository.devices.remove("nobody", REQUEST);
        await repository.revocations.remove([{ kind: "name", name: "nobody" }], ORIGIN);
        assert.equal(await repository.feed.head(), 2);
      }),
    );

    test(
      "cannot tell what comes after a position that there never was",
      within(async (repository) => {
        await repository.documents.commit([own("d", [])], REQUEST);
        assert.deepEqual(await repository.feed.changes(1), []);
        assert.equal(await repository.feed.changes(2), undefined);
      }),
    );

    test(
      "what follows can be read by what it tells",
      within(async (repository) => {
        const { info } = await repository.packets.add(packetOf("a", []), ORIGIN);
        assert.deepEqual(await repository.packets.info(info.digest), info);
        assert.equal(await repository.packets.info("0".repeat(64)), undefined);
        await repository.devices.save([deviceOf("d")], []);
        assert.deepEqual(await repository.devices.get("d"), deviceOf("d"));
        assert.equal(await repository.devices.get("e"), undefined);
        const first = await repository.documents.commit([own("d", []), spec("s", ["x"], [])], REQUEST);
        const second = await repository.documents.commit([{ kind: "spec", id: "s", content: null }], REQUEST);
        const { documents } = repository;
        assert.deepEqual(await documents.madeIn({ after: 0, upTo: 2 }), [
          ...first.changed,
          ...second.changed,
        ]);
        assert.deepEqual(await documents.madeIn({ after: 1, upTo: 2 }), second.changed);
        assert.deepEqual(await documents.madeIn({ after: 2, upTo: 2 }), []);
      }),
    );

    test(
      "who judged before another wrote is refused, whatever it is, and nothing of it is there",
      within(async (repository, fixture) => {
        const other = await fixture.beside();
        const { info } = await repository.packets.add(packetOf("a", []), ORIGIN);
        const device = deviceOf("d");
        await repository.devices.save([device], []);
        const judged = await repository.feed.head();
        await other.documents.commit([own("e", [])], REQUEST, judged);
        const late: readonly (() => Promise<unknown>)[] = [
          () => repository.documents.commit([own("d", [])], REQUEST, judged),
          () => repository.packets.remove(info.digest, ORIGIN, judged),
          () => repository.devices.remove("d", REQUEST, judged),
          () => repository.devices.save([{ ...device, retry: "t" }], [retryWished("d", "t", ORIGIN)], judged),
        ];
        for (const write of late) await assert.rejects(write(), OVERTAKEN);
        assert.deepEqual(await other.feed.changes(judged), [{ position: 2, kind: "revision", revision: 1 }]);
        assert.deepEqual(await allDevices(other), [device]);
        assert.deepEqual(await other.packets.all(), [info]);
        assert.equal(await other.revisions.newest(), 1);
        await repository.documents.commit([own("d", [])], REQUEST, await repository.feed.head());
        await other.close();
      }),
    );

    test(
      "of two that judge at the same position one writes, at every position",
      within(async (repository, fixture) => {
        const other = await fixture.beside();
        for (let round = 0; round < 20; round += 1) {
          const judged = await repository.feed.head();
          const outcomes = await Promise.allSettled([
            repository.documents.commit([own("a", [app(round)])], REQUEST, judged),
            other.documents.commit([own("b", [app(round)])], REQUEST, judged),
          ]);
          assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
        }
        assert.equal(await other.feed.head(), 20);
        await other.close();
      }),
    );

    test("leads a follower, from wherever it began, to what is there", () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(20), async (steps, begin) => {
          await within(async (repository, fixture) => {
            const both = [repository, await fixture.beside()] as const;
            let follower = await Follower.load(repository);
            for (const [place, [who, what, which]] of steps.entries()) {
              if (place === begin) follower = await Follower.load(both[1]);
              await STEPS[what](both[who], which);
            }
            const early = await Follower.load(both[0]);
            await follower.follow(both[0]);
            assert.deepEqual(follower, early);
            await both[1].close();
          })();
        }),
        { numRuns: 25 },
      ));
  });
}

type Step = "add" | "drop" | "wish" | "forget" | "report";
const step = fc.tuple(
  fc.constantFrom(0 as const, 1 as const),
  fc.constantFrom<Step>("add", "drop", "wish", "forget", "report"),
  fc.nat(3),
);

/** What may happen, to one of a few packets or devices. */
const STEPS: Readonly<Record<Step, (repository: Repository, which: number) => Promise<unknown>>> = {
  add: (repository, which) => repository.packets.add(packetOf(`p${which}`, []), ORIGIN),
  drop: (repository, which) => repository.packets.remove(packetOf(`p${which}`, []).digest, ORIGIN),
  wish: async (repository, which) =>
    repository.documents.commit([own(`d${which}`, [app(await repository.revisions.newest())])], REQUEST),
  forget: (repository, which) => repository.devices.remove(`d${which}`, REQUEST),
  report: (repository, which) => repository.devices.save([deviceOf(`d${which}`)], []),
};

/** Packets and documents in memory, as a server has them. */
class Follower {
  readonly packets = new Map<string, unknown>();
  readonly documents = new Map<string, unknown>();
  position = 0;

  static async load(repository: Repository): Promise<Follower> {
    const follower = new Follower();
    // First: what changes while the rest is read is read once more.
    follower.position = await repository.feed.head();
    for (const info of await repository.packets.all()) follower.packets.set(info.digest, info);
    for (const document of await repository.documents.all()) follower.documents.set(document.id, document);
    return follower;
  }

  async follow(repository: Repository): Promise<void> {
    const changes = await repository.feed.changes(this.position);
    assert.ok(changes);
    for (const change of changes) {
      assert.equal(change.position, this.position + 1);
      this.position = change.position;
      await this.#take(change, repository);
    }
  }

  async #take(change: Change, repository: Repository): Promise<void> {
    if ("packet" in change) {
      const info = await repository.packets.info(change.packet);
      if (info) this.packets.set(change.packet, info);
      else this.packets.delete(change.packet);
    }
    if (change.kind !== "revision") return;
    const range = { after: change.revision - 1, upTo: change.revision };
    for (const version of await repository.documents.madeIn(range))
      if (version.content) this.documents.set(version.id, version);
      else this.documents.delete(version.id);
  }
}

function app(round: number) {
  return { name: "a", tags: [`v${round}`] };
}

function numbered(changes: readonly NewChange[]): readonly Change[] {
  return changes.map((change, place) => ({ ...change, position: place + 1 }));
}
