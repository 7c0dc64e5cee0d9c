import type { Drift } from "@jamesd/protocol";
import { isoTime, pathsText } from "@jamesd/protocol/words";

/** What a device said of its drift, for people; null: nothing. */
export function driftView(drift: Drift | null) {
  if (!drift) return { drifted: null };
  const { count, apps, paths, checked, full } = drift;
  return {
    drifted: count,
    apps: apps.map(({ name, count, kinds }) => ({ name, count, kinds })),
    paths: paths.map(({ path, app, kinds }) => ({ path: `/${path}`, app, kinds })),
    checked: isoTime(checked),
    contents: full === null ? "not all were compared yet" : `compared at ${isoTime(full)}`,
  };
}

/** The same in lines: of each app how much, and the first paths. */
export function driftLines({ count, apps, paths }: Drift, most: number): readonly string[] {
  const shown = paths.slice(0, most);
  const more = count - shown.length;
  return [
    ...apps.map(({ name, count, kinds }) => `${name}: ${pathsText(count)} (${kindsText(kinds)})`),
    ...shown.map(({ path, kinds }) => `/${path}: ${kinds.join(", ")}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function kindsText(kinds: Readonly<Record<string, number>>): string {
  return Object.entries(kinds)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(", ");
}
