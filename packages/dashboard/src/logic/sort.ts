import { type DeviceTable, driftWord, stateOf } from "./device-table.ts";

/** By what lists of devices are sorted. */
export const SORTS = ["id", "sync", "seen", "revision", "drift"] as const;
export type SortKey = (typeof SORTS)[number];

/** An order. */
export interface Sort {
  readonly by: SortKey;
  readonly isDown: boolean;
}

/** What needs somebody comes first. */
const URGENCY = ["failed", "unsatisfiable", "doubled", "halted", "pending", "in-sync", "unmanaged"];

/** The order that an address names, such as `-seen`; by id when it names none. */
export function parseSort(text: string | null): Sort {
  const isDown = text?.startsWith("-") ?? false;
  const by = SORTS.find((one) => one === text?.slice(isDown ? 1 : 0));
  return by ? { by, isDown } : { by: "id", isDown: false };
}

/** An order as an address names it; empty: by id. */
export function printSort({ by, isDown }: Sort): string {
  return by === "id" && !isDown ? "" : `${isDown ? "-" : ""}${by}`;
}

/** The order after a column was chosen: its own, then the other way round. */
export function nextSort(sort: Sort, by: SortKey): Sort {
  return { by, isDown: sort.by === by && !sort.isDown };
}

/** Rows, which come by id, in an order; those that are alike stay by id. */
export function sorted(table: DeviceTable, rows: Uint32Array, { by, isDown }: Sort): Uint32Array {
  if (by === "id") return isDown ? rows.slice().reverse() : rows;
  const keyOf = keysOf(table, by);
  const way = isDown ? -1 : 1;
  return rows.slice().sort((a, b) => way * (keyOf(a) - keyOf(b)));
}

function keysOf(table: DeviceTable, by: Exclude<SortKey, "id">): (row: number) => number {
  const inState = (rankOf: (state: DeviceTable["states"][number]) => number) => {
    const ranks = table.states.map(rankOf);
    return (row: number) => ranks[table.state[row] ?? 0] ?? 0;
  };
  switch (by) {
    case "sync":
      // What only a later version knows comes last.
      return inState(({ sync }) => (URGENCY.indexOf(sync) + URGENCY.length + 1) % (URGENCY.length + 1));
    case "seen":
      return (row) => (stateOf(table, row)?.connected ? Number.MAX_SAFE_INTEGER : (table.lastSeen[row] ?? 0));
    case "revision":
      return (row) => table.revision[row] ?? 0;
    case "drift":
      return inState((state) => -["unknown", "no", "yes"].indexOf(driftWord(state)));
  }
}
