/** How an entry of an installed packet may differ from its manifest; later versions may have more. */
export const DRIFT_KINDS = [
  "missing",
  "type",
  "content",
  "target",
  "mode",
  "owner",
  "capability",
  "unreadable",
  "unmounted",
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** A path where a device is not as a packet has it, and how. */
export interface DriftedPath {
  readonly app: string;
  readonly path: string;
  readonly kinds: readonly string[];
}

/** How much of an app has drifted. */
export interface DriftedApp {
  readonly name: string;
  readonly count: number;
  /** How many of its paths by kind; a path may count for several. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** What a device says of its drift: not part of its state. */
export interface DriftReport {
  /** How many paths, in all. */
  readonly count: number;
  /** How many of these are of packets that say themselves that they are to be repaired. */
  readonly repairable: number;
  /** The first apps that have drifted. */
  readonly apps: readonly DriftedApp[];
  /** The first paths. */
  readonly paths: readonly DriftedPath[];
  /** When the device looked, by its clock: milliseconds since the epoch. */
  readonly checked: number;
  /** When the contents of all files were last compared; null: not all of them ever were. */
  readonly full: number | null;
}

/** What a device tells that is as its packets have it. */
export const NO_DRIFT: DriftReport = {
  count: 0,
  repairable: 0,
  apps: [],
  paths: [],
  checked: 0,
  full: null,
};

/** What a report names at most. */
export const MAX_DRIFT_APPS = 100;
export const MAX_DRIFT_PATHS = 100;
/** Of all paths that a report names, together. */
export const MAX_DRIFT_CHARACTERS = 16_384;

/** True when both tell of the same drift, whenever it was looked for. */
export function sameDrift(a: DriftReport, b: DriftReport): boolean {
  return a === b || driftKey(a) === driftKey(b);
}

function driftKey({ count, repairable, apps, paths }: DriftReport): string {
  return JSON.stringify([
    count,
    repairable,
    apps.map(({ name, count, kinds }) => [name, count, Object.entries(kinds).sort()]),
    paths.map(({ app, path, kinds }) => [app, path, kinds]),
  ]);
}
