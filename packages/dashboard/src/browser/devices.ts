import type { DeviceColumns } from "@jamesd/protocol";
import { batch, computed, signal } from "@preact/signals";
import { type DeviceTable, tableOf } from "../logic/device-table.ts";
import { matching } from "../logic/filter/match.ts";
import { parseFilter } from "../logic/filter/parse.ts";
import { query } from "../logic/query.ts";
import { parseSort, sorted } from "../logic/sort.ts";
import { ask } from "./api.ts";
import { keepLooking, now } from "./due.ts";
import { go, here } from "./place.ts";

/** All devices as they are; undefined: not known yet. */
export const devices = signal<DeviceTable | undefined>(undefined);
/** False while only the first of them have come. */
export const areAll = signal(false);
/** Why they are not known, or not any more. */
export const devicesTrouble = signal<string | undefined>(undefined);

/** What the address asks for. */
export const filterText = computed(() => here.value.query.get("q") ?? "");
export const filter = computed(() => parseFilter(filterText.value));
export const sort = computed(() => parseSort(here.value.query.get("sort")));

/** Puts something else that is asked for into the address; nothing, when it is empty. */
export function askFor(word: "q" | "sort", text: string): void {
  go(query("/devices", { ...Object.fromEntries(here.value.query), [word]: text }), "replace");
}

const NONE = new Uint32Array();
const chosen = computed(() =>
  devices.value ? matching(devices.value, filter.value.terms, Math.floor(now.value / 1000)) : NONE,
);
/** The rows that are shown, in their order. */
export const shown = computed(() => (devices.value ? sorted(devices.value, chosen.value, sort.value) : NONE));

/** So many devices come first, to be looked at meanwhile: more than a window shows. */
const FIRST = 1000;
/** When somebody was seen last is not told as news of the fleet. */
const OLD_MS = 60_000;
/** Nor are many devices asked for again and again for that. */
const OLD_TIMES = 200;

/** Keeps knowing all devices. @returns what ends that */
export function watchDevices(): () => void {
  return keepLooking(async (gone) => {
    try {
      const began = performance.now();
      const all = tableOf(await pages(gone));
      batch(() => {
        devices.value = all;
        areAll.value = true;
        devicesTrouble.value = undefined;
      });
      return Math.max(OLD_MS, OLD_TIMES * (performance.now() - began));
    } catch (thrown) {
      if (!gone.aborted) devicesTrouble.value = thrown instanceof Error ? thrown.message : String(thrown);
      throw thrown;
    }
  });
}

async function pages(signal: AbortSignal): Promise<readonly DeviceColumns[]> {
  const all: DeviceColumns[] = [];
  for (let more = true; more; ) {
    const after = all.at(-1)?.ids.at(-1);
    const limit = devices.peek() ? undefined : FIRST;
    const page = await ask<DeviceColumns>(query("/v1/device-columns", { after, limit }), { signal });
    all.push(page);
    devices.value ??= tableOf(all);
    more = page.more && page.ids.length > 0;
  }
  return all;
}
