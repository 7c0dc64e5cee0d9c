import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type App,
  combinedTags,
  explainMatch,
  matchPacket,
  missingTags,
  type PacketSummary,
  resolveApps,
  sha256,
} from "@jamesd/model";
import fc from "fast-check";
import { app, packets, shuffled, tag, tags } from "./arbitraries.ts";

let uploads = 0;
function packet(name: string, ...own: string[]): PacketSummary {
  uploads += 1;
  return { name, tags: own, scripts: [], sequence: uploads, digest: sha256(String(uploads)) };
}

// The packets of a name are looked through one after the other, with the definition written down once more.
function oracle(wish: App, systemtags: readonly string[], all: readonly PacketSummary[]) {
  const allowed = [...wish.tags, ...systemtags];
  const fulfilling = all.filter(
    (one) => one.name === wish.name && one.tags.every((own) => allowed.includes(own)),
  );
  const most = Math.max(...fulfilling.map((one) => one.tags.length));
  const best = fulfilling.filter((one) => one.tags.length === most);
  return best.find((one) => one.sequence === Math.max(...best.map((other) => other.sequence)));
}

describe("the seed's examples", () => {
  const systemtags = ["armv7l", "glibc-2.23", "systemd"];
  const wish = { name: "test-packet", tags: ["v1.0.0"] };
  const seeds = packet("test-packet", "v1.0.0", "armv7l", "glibc-2.23");

  test("test-packet v1.0.0 is found for the device", () => {
    assert.equal(matchPacket(wish, systemtags, [seeds]), seeds);
    assert.deepEqual([...combinedTags(wish, systemtags)].sort(), [
      "armv7l",
      "glibc-2.23",
      "systemd",
      "v1.0.0",
    ]);
  });

  test("another version, another architecture and another name are not it", () => {
    assert.equal(matchPacket({ name: "test-packet", tags: ["v2.0.0"] }, systemtags, [seeds]), undefined);
    assert.equal(matchPacket(wish, ["x86_64", "glibc-2.23", "systemd"], [seeds]), undefined);
    assert.equal(matchPacket({ name: "openvpn", tags: ["v1.0.0"] }, systemtags, [seeds]), undefined);
  });

  test("openvpn 0.9.9 and 1.0.0 are told apart by the version in the wish", () => {
    const old = packet("openvpn", "v0.9.9", "armv7l", "systemd", "glibc-2.23");
    const next = packet("openvpn", "v1.0.0", "armv7l", "systemd", "glibc-2.23");
    assert.equal(matchPacket({ name: "openvpn", tags: ["v0.9.9"] }, systemtags, [next, old]), old);
    assert.equal(matchPacket({ name: "openvpn", tags: ["v1.0.0"] }, systemtags, [old, next]), next);
    assert.equal(matchPacket({ name: "openvpn", tags: [] }, systemtags, [old, next]), undefined);
  });
});

describe("of several that fulfil", () => {
  test("the most tags win over the newest upload", () => {
    const special = packet("a", "x", "y");
    const newer = packet("a", "x");
    assert.equal(matchPacket({ name: "a", tags: ["x", "y"] }, [], [newer, special]), special);
  });

  test("of equally many tags the newest upload wins", () => {
    const [old, newer] = [packet("a", "x"), packet("a", "y")];
    assert.equal(matchPacket({ name: "a", tags: ["x", "y"] }, [], [newer, old]), newer);
    assert.equal(matchPacket({ name: "a", tags: ["x", "y"] }, [], [old, newer]), newer);
  });

  test("a packet without tags fulfils every wish for its name", () => {
    const bare = packet("a");
    assert.equal(matchPacket({ name: "a", tags: [] }, [], [bare]), bare);
  });
});

describe("laws of matching", () => {
  test("it is what looking through all of them gives", () => {
    fc.assert(
      fc.property(app, tags, packets, (wish, systemtags, all) => {
        assert.equal(matchPacket(wish, systemtags, all), oracle(wish, systemtags, all));
      }),
      { numRuns: 1000 },
    );
  });

  test("neither the order of packets nor that of tags counts, nor does a repeated tag", () => {
    const wished = fc.tuple(app, tags, packets);
    const twice = wished.chain(([wish, systemtags, all]) =>
      fc.tuple(
        fc.constant({ wish, systemtags, all }),
        fc.record({
          wish: shuffled(wish.tags).map((order) => ({ ...wish, tags: [...order, ...order] })),
          systemtags: shuffled(systemtags),
          all: shuffled(all),
        }),
      ),
    );
    fc.assert(
      fc.property(twice, ([one, other]) => {
        const found = matchPacket(one.wish, one.systemtags, one.all);
        assert.equal(matchPacket(other.wish, other.systemtags, other.all), found);
        assert.deepEqual(
          explainMatch(other.wish, other.systemtags, other.all),
          explainMatch(one.wish, one.systemtags, one.all),
        );
      }),
    );
  });

  test("a tag more, on the device or in the wish, never loses a match nor makes it one of fewer tags", () => {
    fc.assert(
      fc.property(app, tags, packets, tag, (wish, systemtags, all, more) => {
        const before = matchPacket(wish, systemtags, all);
        if (!before) return;
        for (const after of [
          matchPacket(wish, [...systemtags, more], all),
          matchPacket({ ...wish, tags: [...wish.tags, more] }, systemtags, all),
        ])
          assert.ok(after && after.tags.length >= before.tags.length);
      }),
    );
  });

  test("packets of other names change nothing", () => {
    fc.assert(
      fc.property(app, tags, packets, (wish, systemtags, all) => {
        const named = all.filter((one) => one.name === wish.name);
        assert.equal(matchPacket(wish, systemtags, all), matchPacket(wish, systemtags, named));
      }),
    );
  });

  test("explain names every candidate with what it lacks: the match first, then the nearest", () => {
    fc.assert(
      fc.property(app, tags, packets, (wish, systemtags, all) => {
        const candidates = explainMatch(wish, systemtags, all);
        const found = matchPacket(wish, systemtags, all);
        assert.equal(candidates.length, all.filter((one) => one.name === wish.name).length);
        for (const { packet: one, missing } of candidates) {
          assert.equal(missing.length === 0, matchPacket(wish, systemtags, [one]) === one);
          assert.deepEqual(missing, missingTags(one, combinedTags(wish, systemtags)));
          assert.deepEqual(missing, missing.toSorted());
          // Whoever had the missing tags would be served.
          assert.equal(matchPacket(wish, [...systemtags, ...missing], [one]), one);
        }
        const [first] = candidates;
        assert.equal(first?.missing.length === 0 ? first.packet : undefined, found);
        const counts = candidates.map(({ missing }) => missing.length);
        assert.deepEqual(
          counts,
          counts.toSorted((a, b) => a - b),
        );
      }),
    );
  });

  test("a resolution holds each wish once: with its own tags and a packet, or as unfulfilled with candidates", () => {
    const wishes = fc.uniqueArray(app, { selector: (one) => one.name });
    fc.assert(
      fc.property(wishes, tags, packets, (list, systemtags, all) => {
        const { apps, unfulfilled } = resolveApps(list, systemtags, (wanted) =>
          all.filter((one) => one.name === wanted),
        );
        for (const wish of list) {
          const found = matchPacket(wish, systemtags, all);
          const resolved = apps.find((one) => one.name === wish.name);
          assert.deepEqual(resolved, found && { ...wish, digest: found.digest });
          const miss = unfulfilled.find((one) => one.app === wish);
          assert.deepEqual(miss?.candidates, found ? undefined : explainMatch(wish, systemtags, all));
        }
        assert.equal(apps.length + unfulfilled.length, list.length);
      }),
    );
  });
});
