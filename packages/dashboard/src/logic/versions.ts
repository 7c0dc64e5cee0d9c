import type { Event, ShownEvent, Summary } from "@jamesd/protocol";
import { type Step, sumOf } from "./step-line.ts";

/** A packet as devices have it. */
export type Version = Readonly<Omit<Summary["packets"][number], "tags">> & {
  readonly tags: readonly string[];
};

/** An app with the versions of it that devices have, the most frequent first. */
export interface AppVersions {
  readonly name: string;
  readonly versions: readonly Version[];
}

/** The kinds of events that say what devices have. */
export const KINDS_OF_VERSIONS = ["device-added", "device-changed", "device-removed"] as const;

/** Which versions of each app devices have, apps by name. */
export function appVersions(packets: readonly Version[]): readonly AppVersions[] {
  const byName = new Map<string, Version[]>();
  for (const one of packets) {
    const its = byName.get(one.name) ?? [];
    byName.set(one.name, its);
    its.push(one);
  }
  return [...byName]
    .map(([name, versions]) => ({
      name,
      versions: versions.toSorted((a, b) => b.devices - a.devices || (a.digest < b.digest ? -1 : 1)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A version over time. */
export interface VersionLine {
  readonly digest: string;
  readonly tags: readonly string[];
  /** Oldest first; the first is how it was before the first event. */
  readonly points: readonly Step[];
}

interface Have {
  readonly digest: string;
  readonly name: string;
  readonly tags: readonly string[];
}

/**
 * How many devices had each version of an app: what they have now, with what events say taken back one by one. It is told of
 * the devices that there are now: what a removed one had is not in the log.
 * @param now the versions of this app @param events all of `KINDS_OF_VERSIONS` since `from`, oldest first
 */
export function versionLines(
  { name, versions }: Pick<AppVersions, "name" | "versions">,
  events: readonly ShownEvent[],
  from: number,
): readonly VersionLine[] {
  const counts = new Map(versions.map(({ digest, devices }) => [digest, devices]));
  const tags = new Map<string, readonly string[]>(versions.map((one) => [one.digest, one.tags]));
  const points = new Map<string, Step[]>();
  const note = (digest: string, time: number): void => {
    const its = points.get(digest) ?? [];
    points.set(digest, its);
    its.push({ time, devices: Math.max(0, counts.get(digest) ?? 0) });
  };
  for (const { time, came, went } of changesOf(name, events)) {
    for (const { digest } of [...came, ...went]) note(digest, time);
    for (const one of came) counts.set(one.digest, (counts.get(one.digest) ?? 0) - 1);
    for (const one of went) counts.set(one.digest, (counts.get(one.digest) ?? 0) + 1);
    for (const one of [...came, ...went]) if (!tags.has(one.digest)) tags.set(one.digest, one.tags);
  }
  for (const digest of tags.keys()) note(digest, from);
  return [...tags].map(([digest, its]) => ({
    digest,
    tags: its,
    points: (points.get(digest) ?? []).toReversed(),
  }));
}

/**
 * Lines by what versions are called, those that most devices have first: packets of one version for several kinds of
 * devices are one line.
 */
export function linesByName(
  lines: readonly Pick<VersionLine, "tags" | "points">[],
): readonly { readonly label: string; readonly points: readonly Step[] }[] {
  const named = Map.groupBy(lines, ({ tags }) => tags.join(",") || "no tags");
  const newest = (points: readonly Step[]): number => points.at(-1)?.devices ?? 0;
  return [...named]
    .map(([label, same]) => ({ label, points: sumOf(same.map(({ points }) => points)) }))
    .sort((a, b) => newest(b.points) - newest(a.points));
}

/** What came to devices and went from them of an app, the newest first. */
function* changesOf(
  name: string,
  events: readonly ShownEvent[],
): Generator<{ time: number; came: readonly Have[]; went: readonly Have[] }> {
  const gone = new Set<string>();
  for (const shown of events.toReversed()) {
    const event = shown as Event;
    if (event.kind === "device-removed") gone.add(event.device);
    if (!("device" in event) || event.device === undefined || gone.has(event.device)) continue;
    const { came, went } = haveOf(event);
    const its = {
      came: came.filter((one) => one.name === name),
      went: went.filter((one) => one.name === name),
    };
    if (its.came.length + its.went.length > 0) yield { time: event.time, ...its };
  }
}

function haveOf(event: Event): { readonly came: readonly Have[]; readonly went: readonly Have[] } {
  if (event.kind === "device-added") return { came: event.state.apps, went: [] };
  if (event.kind !== "device-changed") return { came: [], went: [] };
  const there = (one: Have | null): readonly Have[] => (one ? [one] : []);
  return {
    came: event.apps.flatMap(({ after }) => there(after)),
    went: event.apps.flatMap(({ before }) => there(before)),
  };
}
