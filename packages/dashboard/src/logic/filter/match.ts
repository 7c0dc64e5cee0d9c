import { type DeviceTable, driftWord, stateOf } from "../device-table.ts";
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
  const { ids, lastSeen, revision } = table;
  const inState = (holds: (state: DeviceTable["states"][number]) => boolean): Matches =>
    among(table.state, table.states, holds);
  switch (term.key) {
    case "sync":
      return inState(({ sync }) => term.values.includes(sync));
    case "tag":
      return among(table.tags, table.tagLists, (tags) => tags.includes(term.value));
    case "app":
      return among(table.apps, table.appLists, (apps) => apps.some(isApp(term)));
    case "packet":
      return among(table.apps, table.appLists, (apps) =>
        apps.some(({ digest }) => digest.startsWith(term.value)),
      );
    case "connected":
      return inState(({ connected }) => connected === term.is);
    case "late":
      return inState(({ late }) => late === term.is);
    case "drift":
      return inState((state) => driftWord(state) === term.is);
    case "seen": {
      const limit = now - term.count * SECONDS[term.unit];
      const isWithin: Matches = (row) => stateOf(table, row)?.connected || (lastSeen[row] ?? 0) >= limit;
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
function among<T>(
  places: Uint16Array | Uint32Array,
  shared: readonly T[],
  holds: (one: T) => boolean,
): Matches {
  const good = shared.map(holds);
  return (row) => good[places[row] ?? 0] === true;
}

function isApp(term: { readonly name: string; readonly tags: readonly string[] }) {
  return ({ name, tags }: DeviceTable["appLists"][number][number]): boolean =>
    name === term.name && term.tags.every((tag) => tags.includes(tag));
}

function compares(one: number, than: ":" | "<" | ">", other: number): boolean {
  if (than === ":") return one === other;
  return than === "<" ? one < other : one > other;
}
