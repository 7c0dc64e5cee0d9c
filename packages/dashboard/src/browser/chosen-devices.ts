import { computed, signal } from "@preact/signals";
import { pathOf } from "../logic/places.ts";
import { devices, shown } from "./devices.ts";
import { go } from "./place.ts";

/** The device that keys are about, and those that are marked: by id, so that both stay what they are whatever changes. */
export const at = signal<string | undefined>(undefined);
export const marked = signal<ReadonlySet<string>>(new Set());

/** Where that device is among those that are shown. */
export const atRow = computed(() => {
  const id = at.value;
  const table = devices.value;
  if (id === undefined || !table) return undefined;
  const place = shown.value.findIndex((row) => table.ids[row] === id);
  return place < 0 ? undefined : place;
});

/** Goes to the next device, or the one before: then keys are for the list. */
export function step(by: 1 | -1): void {
  const rows = shown.value;
  const before = atRow.value;
  const place = before === undefined ? 0 : Math.max(0, Math.min(rows.length - 1, before + by));
  const row = rows[place];
  if (row !== undefined) at.value = devices.value?.ids[row];
  document.querySelector<HTMLElement>("[role=grid]")?.focus({ preventScroll: true });
}

/** Opens the page of that device. */
export function open(): void {
  if (atRow.value !== undefined && at.value !== undefined) go(pathOf("devices", at.value));
}

/** Marks a device, or takes the mark away. */
export function mark(id: string | undefined): void {
  if (id === undefined) return;
  const others = new Set(marked.value);
  if (!others.delete(id)) others.add(id);
  marked.value = others;
}
