import type { DeviceColumns } from "@jamesd/protocol";

type State = DeviceColumns["states"][number];
type AppList = DeviceColumns["appLists"][number];

/** All devices, by id, in columns: each has the same place in all of them. Some 22 bytes a device besides its id. */
export interface DeviceTable {
  readonly ids: readonly string[];
  /** Seconds since the epoch. */
  readonly lastSeen: Uint32Array;
  readonly revision: Float64Array;
  /** Places in `states`, `tagLists` and `appLists`, which most devices share with others. */
  readonly state: Uint16Array;
  readonly tags: Uint32Array;
  readonly apps: Uint32Array;
  readonly states: readonly State[];
  readonly tagLists: readonly (readonly string[])[];
  readonly appLists: readonly AppList[];
}

/** Makes one table of pages, which come by id. */
export function tableOf(pages: readonly DeviceColumns[]): DeviceTable {
  const ids = pages.flatMap((page) => page.ids);
  const table = {
    ids,
    lastSeen: new Uint32Array(ids.length),
    revision: new Float64Array(ids.length),
    state: new Uint16Array(ids.length),
    tags: new Uint32Array(ids.length),
    apps: new Uint32Array(ids.length),
  };
  const states = new Shared<State>();
  const tagLists = new Shared<readonly string[]>();
  const appLists = new Shared<AppList>();
  let start = 0;
  for (const page of pages) {
    table.revision.set(page.revision, start);
    for (const [i, seconds] of page.seen.entries()) table.lastSeen[start + i] = page.time - seconds;
    fill(table.state, start, page.state, states.take(page.states));
    fill(table.tags, start, page.tags, tagLists.take(page.tagLists));
    fill(table.apps, start, page.apps, appLists.take(page.appLists));
    start += page.ids.length;
  }
  return { ...table, states: states.values, tagLists: tagLists.values, appLists: appLists.values };
}

/** How a device stands. */
export function stateOf({ state, states }: DeviceTable, row: number): State | undefined {
  return states[state[row] ?? 0];
}

/** Whether devices have drifted, in a word. */
export function driftWord(state: State | undefined): "yes" | "no" | "unknown" {
  return state?.drifted ? "yes" : state?.drifted === false ? "no" : "unknown";
}

/** How many devices stand so, by the word. */
export function syncCounts({ state, states }: DeviceTable): ReadonlyMap<string, number> {
  const each = new Uint32Array(states.length);
  for (const place of state) each[place] = (each[place] ?? 0) + 1;
  const counts = new Map<string, number>();
  for (const [place, { sync }] of states.entries())
    counts.set(sync, (counts.get(sync) ?? 0) + (each[place] ?? 0));
  return counts;
}

/** @param known the place in the whole of each that a place of a page names */
function fill(
  column: Uint16Array | Uint32Array,
  start: number,
  places: readonly number[],
  known: readonly number[],
): void {
  for (const [i, place] of places.entries()) column[start + i] = known[place] ?? 0;
}

/** What devices share, each once, in however many pages it came. */
class Shared<T> {
  readonly values: T[] = [];
  readonly #places = new Map<string, number>();

  /** @returns the place of each of these */
  take(values: readonly T[]): readonly number[] {
    return values.map((value) => {
      const key = JSON.stringify(value);
      const place = this.#places.get(key) ?? this.values.push(value) - 1;
      this.#places.set(key, place);
      return place;
    });
  }
}
