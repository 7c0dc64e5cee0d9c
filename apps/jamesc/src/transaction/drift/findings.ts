import {
  type DriftedApp,
  type DriftedPath,
  type DriftKind,
  type DriftPolicy,
  type DriftReport,
  MAX_DRIFT_APPS,
  MAX_DRIFT_CHARACTERS,
  MAX_DRIFT_PATHS,
} from "@jamesd/model";
import type { Line, NoteHead } from "./note.ts";

/** What was found of one packet: bounded, however much has drifted. */
export class Findings implements NoteHead {
  readonly full: number | null;
  readonly policy: DriftPolicy | undefined;
  readonly #app: string;
  readonly #kinds = new Map<DriftKind, number>();
  readonly #paths: DriftedPath[] = [];
  #count = 0;

  constructor(app: string, { full, policy }: NoteHead) {
    this.#app = app;
    this.full = full;
    this.policy = policy;
  }

  /** Counts a path, when it is not as it should be, and tells of it. */
  add(line: Line, found?: (line: Line) => void): void {
    const { path, kinds } = line;
    if (kinds.length === 0) return;
    found?.(line);
    this.#count += 1;
    for (const kind of kinds) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#paths.length < MAX_DRIFT_PATHS) this.#paths.push({ app: this.#app, path, kinds });
  }

  /** How many of its paths are not as they should be. */
  get count(): number {
    return this.#count;
  }

  /** The first of these paths. */
  get paths(): readonly DriftedPath[] {
    return this.#paths;
  }

  /** Its line in a report. */
  get summary(): DriftedApp {
    return { name: this.#app, count: this.#count, kinds: Object.fromEntries(this.#kinds) };
  }
}

/** What was found of all packets, as it is reported; `checked` is when it was looked for. */
export function reportOf(all: readonly Findings[], checked: number): DriftReport {
  const drifted = all.filter(({ count }) => count > 0);
  const full = all.map((one) => one.full);
  return {
    count: sum(drifted),
    repairable: sum(drifted.filter(({ policy }) => policy === "repair")),
    apps: drifted.slice(0, MAX_DRIFT_APPS).map(({ summary }) => summary),
    paths: firstPaths(drifted.flatMap(({ paths }) => paths)),
    checked,
    full: full.includes(null) ? null : Math.min(checked, ...full.flatMap((time) => time ?? [])),
  };
}

function sum(findings: readonly Findings[]): number {
  return findings.reduce((total, { count }) => total + count, 0);
}

function firstPaths(paths: readonly DriftedPath[]): readonly DriftedPath[] {
  let left = MAX_DRIFT_CHARACTERS;
  const end = paths.findIndex(({ path }) => {
    left -= path.length;
    return left < 0;
  });
  return paths.slice(0, Math.min(MAX_DRIFT_PATHS, end < 0 ? paths.length : end));
}
