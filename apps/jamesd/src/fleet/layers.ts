import { type DocumentVersion, isSelectedByTags, type Selector } from "@jamesd/model";
import type { Documents } from "./documents.ts";
import type { Layer } from "./layer.ts";
import type { OwnVersion, Resolvable } from "./resolver.ts";
import type { TagSet } from "./tag-sets.ts";

/** Some of the layers: the bit of each is its place. */
export type LayerSet = number;

type Asking = Pick<Resolvable, "id" | "tagSet">;

/** The layers of a time, and which of them hold for whom. Never changed. */
export class Layers {
  /** By revision. */
  readonly list: readonly Layer[];
  readonly #byRevision: ReadonlyMap<number, number>;
  /** By place: itself, and all that it took the place of. Who is admitted to it is admitted to them. */
  readonly #below: readonly LayerSet[];
  /** By place: itself, and all that took its place. */
  readonly #above: readonly LayerSet[];
  /** By place: what chooses devices in its specs, before and after it. */
  readonly #selectors: readonly (readonly Selector[])[];
  /** Those that may mean something to devices with these tags, whatever their ids. */
  readonly #byTags = new WeakMap<TagSet, LayerSet>();
  readonly #closed = new Map<LayerSet, readonly LayerSet[]>();

  /** @param base what documents say without all of them */
  constructor(layers: Iterable<Layer>, base: Pick<Documents, "spec">) {
    this.list = [...layers].sort((a, b) => a.revision - b.revision);
    this.#byRevision = new Map(this.list.map(({ revision }, place) => [revision, place]));
    this.#below = belowOf(this.list, this.#byRevision);
    this.#above = this.list.map((_, place) =>
      union(this.#below.map((below, other) => (below & bit(place) ? bit(other) : 0))),
    );
    this.#selectors = selectorsOf(this.list, base);
  }

  /** The place of one; undefined of a revision that is none. */
  placeOf(revision: number): number | undefined {
    return this.#byRevision.get(revision);
  }

  /** True of one whose place no other took. */
  isLive(place: number): boolean {
    return this.#above[place] === bit(place);
  }

  /** Those that a device does not see: of those that may mean something to it the ones that it is not admitted to. */
  hiddenFrom(device: Asking): LayerSet {
    const about = this.about(device);
    return about === 0 ? 0 : about & ~this.#admitted(device, about);
  }

  /** Of those that a device is admitted to, and that may mean something to it, those above which it is admitted to none. */
  newestOpenTo(device: Asking): LayerSet {
    const open = this.about(device) & ~this.hiddenFrom(device);
    return union(
      this.#above.map((above, place) => ((above & open) === (bit(place) & open) ? bit(place) & open : 0)),
    );
  }

  /** What is hidden from a device when it is not admitted to one, or to what took its place; and when it is. */
  hiddenBeside(device: Asking, place: number): { readonly without: LayerSet; readonly next: LayerSet } {
    const about = this.about(device) | bit(place);
    const [above, below] = [this.#above[place] ?? 0, this.#below[place] ?? 0];
    const without = about & ~this.#admitted(device, about & ~above);
    const next = about & ~(this.#admitted(device, about) | below);
    return { without, next };
  }

  /** True of a device that one, or what took its place, may mean something to; to any other it makes no difference. */
  isAbout(device: Asking, place: number): boolean {
    return (this.about(device) & (this.#above[place] ?? 0)) !== 0;
  }

  /** True of a device that is admitted to one. */
  admits(device: Asking, place: number): boolean {
    return (this.#admitted(device, this.#above[place] ?? 0) & bit(place)) !== 0;
  }

  /** What may be hidden from a device at some time: nobody is admitted to one and not to what that took the place of. */
  hideable(device: Asking): readonly LayerSet[] {
    const about = this.about(device);
    const known = this.#closed.get(about) ?? closedOf(about, this.#above);
    this.#closed.set(about, known);
    return known;
  }

  /** Those that may mean something to a device, and what took their places. */
  about({ id, tagSet }: Asking): LayerSet {
    if (this.list.length === 0) return 0;
    const byTags = this.#byTags.get(tagSet) ?? this.#findByTags(tagSet);
    this.#byTags.set(tagSet, byTags);
    const named = this.list.map(({ before }, place) => (before.has(id) ? (this.#above[place] ?? 0) : 0));
    return byTags | union(named);
  }

  /** What a device has of its own when these are hidden. */
  ownBut(hidden: LayerSet, id: string, own: OwnVersion | undefined): OwnVersion | undefined {
    for (let version = own; ; ) {
      const place = version && this.#byRevision.get(version.revision);
      if (place === undefined || !(hidden & bit(place))) return version;
      version = this.list[place]?.before.get(id);
    }
  }

  /** The revisions of some. */
  revisionsOf(set: LayerSet): readonly number[] {
    return this.list.flatMap(({ revision }, place) => (set & bit(place) ? [revision] : []));
  }

  /** What the others say, oldest first. */
  versionsBut(hidden: LayerSet): readonly DocumentVersion[] {
    return this.list.flatMap(({ versions }, place) => (hidden & bit(place) ? [] : versions));
  }

  /** The packets that these bring. */
  packetsOf(hidden: LayerSet): ReadonlySet<string> {
    return new Set(this.list.flatMap(({ packet }, place) => (hidden & bit(place) && packet ? [packet] : [])));
  }

  #findByTags(tagSet: TagSet): LayerSet {
    const found = this.list.map(({ packet }, place) =>
      packet || this.#selectors[place]?.some((selector) => isSelectedByTags(selector, tagSet.set))
        ? (this.#above[place] ?? 0)
        : 0,
    );
    return union(found);
  }

  #admitted(device: Asking, among: LayerSet): LayerSet {
    return union(
      this.list.map((layer, place) =>
        among & bit(place) && layer.admits(device) ? (this.#below[place] ?? 0) : 0,
      ),
    );
  }
}

function bit(place: number): LayerSet {
  return 1 << place;
}

function union(sets: readonly LayerSet[]): LayerSet {
  return sets.reduce((all, one) => all | one, 0);
}

/** What a layer takes the place of is older than it, so that it comes before it. */
function belowOf(layers: readonly Layer[], places: ReadonlyMap<number, number>): readonly LayerSet[] {
  const below: LayerSet[] = [];
  for (const [place, { supersedes }] of layers.entries())
    below.push(bit(place) | union(supersedes.map((revision) => below[places.get(revision) ?? place] ?? 0)));
  return below;
}

function selectorsOf(
  layers: readonly Layer[],
  base: Pick<Documents, "spec">,
): readonly (readonly Selector[])[] {
  const all = new Map<string, Selector[]>();
  for (const { kind, id, content } of layers.flatMap(({ versions }) => versions)) {
    if (kind !== "spec") continue;
    const before = base.spec(id);
    const known = all.get(id) ?? (before ? [before.selector] : []);
    all.set(id, content ? [...known, content.selector] : known);
  }
  return layers.map(({ versions }) =>
    versions.flatMap(({ kind, id }) => (kind === "spec" ? (all.get(id) ?? []) : [])),
  );
}

/** The parts of a set that with each layer have what took its place, as the set itself does. */
function closedOf(about: LayerSet, above: readonly LayerSet[]): readonly LayerSet[] {
  const closed = new Set<LayerSet>([0]);
  for (const [place, over] of above.entries())
    if (about & bit(place)) for (const set of [...closed]) closed.add(set | over);
  return [...closed];
}
