import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceColumns } from "@jamesd/protocol";
import fc from "fast-check";
import { stateOf, syncCounts, tableOf } from "../src/logic/device-table.ts";
import { matching } from "../src/logic/filter/match.ts";
import { parseFilter } from "../src/logic/filter/parse.ts";
import { nextSort, parseSort, printSort, SORTS, sorted } from "../src/logic/sort.ts";

const DAY = 86_400;
const NOW = 1000 * DAY;
const APP = {
  vpn: { name: "vpn", tags: ["v1", "arm"], digest: "a1b2c3" },
  web: { name: "web", tags: ["v1"], digest: "b" },
};

/** A device as one would say it. */
interface Told {
  readonly id: string;
  readonly sync: string;
  readonly connected: boolean;
  readonly lastSeen: number;
  readonly revision: number;
  readonly drifted: boolean | null;
  readonly late: boolean;
  readonly tags: readonly string[];
  readonly apps: readonly (keyof typeof APP)[];
}

const told: fc.Arbitrary<readonly Told[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom("a", "b", "c", "d", "e", "f", "gw-1", "GW-2"),
      sync: fc.constantFrom("in-sync", "failed", "pending", "later-word"),
      connected: fc.boolean(),
      lastSeen: fc.integer({ min: 0, max: 1000 }).map((days) => days * DAY),
      revision: fc.nat(3),
      drifted: fc.constantFrom(true, false, null),
      late: fc.boolean(),
      tags: fc.subarray(["lab", "arm", "rack"]),
      apps: fc.subarray(["vpn", "web"] as const),
    }),
    { selector: ({ id }) => id },
  )
  .map((all) => all.toSorted((one, other) => (one.id < other.id ? -1 : 1)));

/** The same in pages of so many, as the server sends them. */
function pagesOf(all: readonly Told[], size: number): readonly DeviceColumns[] {
  const pages: DeviceColumns[] = [];
  for (let start = 0; start < all.length; start += size) {
    const page = all.slice(start, start + size);
    const tagLists = [...new Set(page.map(({ tags }) => tags.join()))];
    const appLists = [...new Set(page.map(({ apps }) => apps.join()))];
    const stateOf = ({ sync, connected, drifted, late }: Told) =>
      JSON.stringify({ sync, connected, drifted, late });
    const states = [...new Set(page.map(stateOf))];
    pages.push({
      time: NOW,
      ids: page.map(({ id }) => id),
      seen: page.map(({ lastSeen }) => NOW - lastSeen),
      revision: page.map(({ revision }) => revision),
      state: page.map((one) => states.indexOf(stateOf(one))),
      states: states.map((text) => JSON.parse(text)),
      more: start + size < all.length,
      tags: page.map(({ tags }) => tagLists.indexOf(tags.join())),
      apps: page.map(({ apps }) => appLists.indexOf(apps.join())),
      tagLists: tagLists.map((list) => list.split(",").filter(Boolean)),
      appLists: appLists.map((list) =>
        list
          .split(",")
          .filter(Boolean)
          .map((name) => APP[name as keyof typeof APP]),
      ),
    });
  }
  return pages;
}

/** What each word of a filter means, said of one device. */
const MEANINGS: Readonly<Record<string, (device: Told) => boolean>> = {
  "sync:failed,pending": ({ sync }) => sync === "failed" || sync === "pending",
  "tag:lab": ({ tags }) => tags.includes("lab"),
  "app:vpn": ({ apps }) => apps.includes("vpn"),
  "app:vpn,arm": ({ apps }) => apps.includes("vpn"),
  "app:web,arm": () => false,
  "packet:a1b2": ({ apps }) => apps.includes("vpn"),
  "connected:no": ({ connected }) => !connected,
  "late:yes": ({ late }) => late,
  "drift:yes": ({ drifted }) => drifted === true,
  "drift:unknown": ({ drifted }) => drifted === null,
  "seen<7d": ({ connected, lastSeen }) => connected || lastSeen >= NOW - 7 * DAY,
  "seen>7d": ({ connected, lastSeen }) => !connected && lastSeen < NOW - 7 * DAY,
  "revision:2": ({ revision }) => revision === 2,
  "revision<2": ({ revision }) => revision < 2,
  "revision>2": ({ revision }) => revision > 2,
  "id:gw-1": ({ id }) => id === "gw-1",
  gw: ({ id }) => id.toLowerCase().includes("gw"),
};

test("a filter lets through just the devices that all of its words mean, with NOT, in whatever pages they came", () => {
  const words = fc.array(fc.tuple(fc.constantFrom(...Object.keys(MEANINGS)), fc.boolean()), { maxLength: 3 });
  fc.assert(
    fc.property(told, fc.integer({ min: 1, max: 9 }), words, (all, size, some) => {
      const table = tableOf(pagesOf(all, size));
      const { terms, problems } = parseFilter(
        some.map(([word, not]) => `${not ? "-" : ""}${word}`).join(" "),
      );
      assert.deepEqual(problems, []);
      const expected = all.filter((one) => some.every(([word, not]) => MEANINGS[word]?.(one) !== not));
      assert.deepEqual(
        [...matching(table, terms, NOW)].map((row) => table.ids[row]),
        expected.map(({ id }) => id),
      );
    }),
    { numRuns: 500 },
  );
});

test("a table says of each device what was told of it", () => {
  fc.assert(
    fc.property(told, fc.integer({ min: 1, max: 9 }), (all, size) => {
      const table = tableOf(pagesOf(all, size));
      const said = table.ids.map((id, i) => ({
        id,
        ...stateOf(table, i),
        lastSeen: table.lastSeen[i],
        revision: table.revision[i],
        tags: table.tagLists[table.tags[i] ?? 0],
        apps: table.appLists[table.apps[i] ?? 0]?.map(({ name }) => name),
      }));
      assert.deepEqual(
        said,
        all.map((one) => ({ ...one })),
      );
      for (const [word, count] of syncCounts(table))
        assert.equal(count, all.filter(({ sync }) => sync === word).length);
    }),
  );
});

test("sorting loses and doubles nothing, and whatever differs has one order, which turns round", () => {
  fc.assert(
    fc.property(told, fc.constantFrom(...SORTS), (all, by) => {
      const table = tableOf(pagesOf(all, 3));
      const rows = matching(table, [], NOW);
      const up = sorted(table, rows, { by, isDown: false });
      const down = sorted(table, rows, { by, isDown: true });
      for (const order of [up, down])
        assert.deepEqual(
          [...order].sort((a, b) => a - b),
          [...rows],
        );
      if (by === "id") assert.deepEqual([...down].reverse(), [...up]);
      // A part is in the same order as it is within all.
      const part = rows.filter((row) => row % 2 === 0);
      assert.deepEqual(
        [...sorted(table, part, { by, isDown: true })],
        [...down].filter((row) => row % 2 === 0),
      );
    }),
  );
});

test("what needs somebody comes first; those that are connected were seen last", () => {
  const device = {
    connected: false,
    lastSeen: 1,
    revision: 1,
    drifted: null,
    late: false,
    tags: [],
    apps: [],
  };
  const table = tableOf(
    pagesOf(
      [
        { ...device, id: "a", sync: "in-sync", lastSeen: 5 },
        { ...device, id: "b", sync: "later-word", drifted: true },
        { ...device, id: "c", sync: "failed", connected: true, revision: 3 },
      ],
      2,
    ),
  );
  const order = (text: string) =>
    [...sorted(table, matching(table, [], NOW), parseSort(text))].map((row) => table.ids[row]).join("");
  assert.deepEqual(["id", "sync", "seen", "-seen", "-revision", "drift", "nonsense"].map(order), [
    ...["abc", "cab", "bac", "cab", "cab", "bac", "abc"],
  ]);
});

test("an order is in the address, and is read from there", () => {
  for (const by of SORTS)
    for (const isDown of [false, true])
      assert.deepEqual(parseSort(printSort({ by, isDown })), { by, isDown });
  assert.deepEqual(parseSort(null), { by: "id", isDown: false });
  const once = nextSort(parseSort(null), "seen");
  assert.deepEqual(
    [once, nextSort(once, "seen").isDown, nextSort(once, "sync").isDown],
    [{ by: "seen", isDown: false }, true, false],
  );
});
