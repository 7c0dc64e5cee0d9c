import { type DeviceTable, DRIFT } from "../device-table.ts";
import { SECONDS, type Term } from "./term.ts";

type Matches = (row: number) => boolean;

/** The rows that a filter lets through, by id. @param now seconds since the epoch */
export function matching(table: DeviceTable, terms: readonly Term[], now: number): Uint32Array {
  const tests = terms.map((term) => {
    const test = testOf(table, term, now);
    return term.not ? (row: number) => !test(row) : test;
  });
  const rows = new Uint32Array(table.ids.length);
  let count = 0;
  for (let row = 0; row < table.ids.length; row += 1)
    if (tests.every((test) => test(row))) {
      rows[count] = row;
      count += 1;
    }
  return rows.subarray(0, count);
}

function testOf(table: DeviceTable, term: Term, now: number): Matches {
  const { ids, sync, words, connected, lastSeen, revision, drift, late, tagLists, appLists } = table;
  switch (term.key) {
    case "sync":
      return among(sync, (place) => term.values.includes(words[place] ?? ""), words.length);
    case "tag":
      return among(table.tags, (place) => tagLists[place]?.includes(term.value) ?? false, tagLists.length);
    case "app":
      return among(table.apps, (place) => appLists[place]?.some(isApp(term)) ?? false, appLists.length);
    case "packet": {
      const has = (place: number) =>
        appLists[place]?.some(({ digest }) => digest.startsWith(term.value)) ?? false;
      return among(table.apps, has, appLists.length);
    }
    case "connected":
      return (row) => (connected[row] === 1) === term.is;
    case "late":
      return (row) => (late[row] === 1) === term.is;
    case "drift":
      return (row) => drift[row] === DRIFT[term.is];
    case "seen": {
      const limit = now - term.count * SECONDS[term.unit];
      const isWithin: Matches = (row) => connected[row] === 1 || (lastSeen[row] ?? 0) >= limit;
      return term.than === "<" ? isWithin : (row) => !isWithin(row);
    }
    case "revision":
      return (row) => compares(revision[row] ?? 0, term.than, term.value);
    case "id":
      return (row) => ids[row] === term.value;
    case "text": {
      const text = term.value.toLowerCase();
      return (row) => ids[row]?.toLowerCase().includes(text) ?? false;
    }
  }
}

/** Most devices share what they have with others: each of it is looked at once. */
function among(places: Uint8Array | Uint32Array, holds: (place: number) => boolean, count: number): Matches {
  const good = Uint8Array.from({ length: count }, (_, place) => (holds(place) ? 1 : 0));
  return (row) => good[places[row] ?? 0] === 1;
}

function isApp(term: { readonly name: string; readonly tags: readonly string[] }) {
  return ({ name, tags }: DeviceTable["appLists"][number][number]): boolean =>
    name === term.name && term.tags.every((tag) => tags.includes(tag));
}

function compares(one: number, than: ":" | "<" | ">", other: number): boolean {
  if (than === ":") return one === other;
  return than === "<" ? one < other : one > other;
}
