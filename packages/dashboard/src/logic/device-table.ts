import type { DeviceColumns } from "@jamesd/protocol";

type AppList = DeviceColumns["appLists"][number];

/** Whether a device says that it has drifted. */
export const DRIFT = { unknown: 0, no: 1, yes: 2 } as const;

/** All devices, by id, in columns: each has the same place in all of them. Some 30 bytes a device besides its id. */
export interface DeviceTable {
  readonly ids: readonly string[];
  /** Places in `words`. */
  readonly sync: Uint8Array;
  readonly words: readonly string[];
  readonly connected: Uint8Array;
  /** Seconds since the epoch. */
  readonly lastSeen: Uint32Array;
  readonly revision: Float64Array;
  /** One of `DRIFT`. */
  readonly drift: Uint8Array;
  readonly late: Uint8Array;
  /** Places in `tagLists` and `appLists`, which most devices share with others. */
  readonly tags: Uint32Array;
  readonly apps: Uint32Array;
  readonly tagLists: readonly (readonly string[])[];
  readonly appLists: readonly AppList[];
}

/** Makes one table of pages, which come by id. */
export function tableOf(pages: readonly DeviceColumns[]): DeviceTable {
  const size = pages.reduce((sum, { ids }) => sum + ids.length, 0);
  const table = emptyTable(size);
  const words = new Places<string>();
  const tagLists = new Places<readonly string[]>();
  const appLists = new Places<AppList>();
  let at = 0;
  for (const page of pages) {
    const tags = page.tagLists.map((list) => tagLists.of(list.join(), list));
    const apps = page.appLists.map((list) => appLists.of(list.map(appKey).join(), list));
    for (const place of page.late) table.late[at + place] = 1;
    for (const [i, id] of page.ids.entries()) {
      const drifted = page.drifted[i] ?? null;
      table.ids[at] = id;
      table.sync[at] = words.of(page.sync[i] ?? "", page.sync[i] ?? "");
      table.connected[at] = page.connected[i] ? 1 : 0;
      table.lastSeen[at] = page.lastSeen[i] ?? 0;
      table.revision[at] = page.revision[i] ?? 0;
      table.drift[at] = drifted === null ? DRIFT.unknown : drifted ? DRIFT.yes : DRIFT.no;
      table.tags[at] = tags[page.tags[i] ?? 0] ?? 0;
      table.apps[at] = apps[page.apps[i] ?? 0] ?? 0;
      at += 1;
    }
  }
  return { ...table, words: words.values, tagLists: tagLists.values, appLists: appLists.values };
}

/** Different for apps that differ, whatever else they have in common. */
function appKey({ name, tags, digest }: AppList[number]): string {
  return `${name} ${tags.join()} ${digest}`;
}

function emptyTable(size: number) {
  return {
    ids: new Array<string>(size),
    sync: new Uint8Array(size),
    connected: new Uint8Array(size),
    lastSeen: new Uint32Array(size),
    revision: new Float64Array(size),
    drift: new Uint8Array(size),
    late: new Uint8Array(size),
    tags: new Uint32Array(size),
    apps: new Uint32Array(size),
  };
}

/** Gives each value that has a key of its own a place. */
class Places<T> {
  readonly values: T[] = [];
  readonly #places = new Map<string, number>();

  of(key: string, value: T): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
