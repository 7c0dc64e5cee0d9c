import type { DocumentContent, DocumentVersion, PacketSummary, PacketsNamed, Spec } from "@jamesd/model";
import type { Documents } from "./documents.ts";
import type { Layer } from "./layer.ts";
import { type LayerSet, Layers } from "./layers.ts";
import type { PathChecks } from "./path-checks.ts";
import { type Resolvable, Resolver } from "./resolver.ts";
import { sameForDevice, type Target } from "./target.ts";

/** What targets are found with beside documents. */
export interface ViewParts {
  readonly packetsNamed: PacketsNamed;
  readonly paths: PathChecks;
}

/** What a device should have without a rollout and with it, all else being as it is. */
export interface Beside {
  readonly without: Target | undefined;
  readonly next: Target | undefined;
}

/**
 * What each device should have, by the rollouts that it is admitted to: for the others it is as if the revisions that
 * these spread had never been. Never changed, only followed by others; a change of packets needs new ones.
 */
export class Views {
  /** With what every rollout spreads: the newest of each document. */
  readonly documents: Documents;
  readonly #base: Documents;
  readonly #layers: Layers;
  readonly #parts: ViewParts;
  /** By what is hidden; those that were asked for. */
  readonly #resolvers = new Map<LayerSet, Resolver>();

  /** @param base without what the layers say */
  constructor(base: Documents, layers: Iterable<Layer>, parts: ViewParts) {
    this.#base = base;
    this.#layers = new Layers(layers, base);
    this.#parts = parts;
    this.documents = this.#documentsBut(0);
  }

  /** The rollouts that count, by revision. */
  get layers(): readonly Layer[] {
    return this.#layers.list;
  }

  /** What specs say in any view: one that several say something else of is there several times. */
  *specs(): Generator<Pick<Spec, "id" | "selector" | "apps">> {
    yield* this.#base.specs();
    for (const { versions } of this.layers)
      for (const { id, content } of versions) if (content) yield { id, ...content };
  }

  /** What devices have of their own in a view that is not the newest. */
  *olderOwn(): Generator<{ readonly id: string; readonly content: DocumentContent }> {
    for (const { before } of this.layers)
      for (const [id, own] of before) if (own?.content) yield { id, content: own.content };
  }

  /** What a device should have. Undefined for one that nobody wants anything for, and that never had what somebody wanted. */
  target(device: Resolvable): Target | undefined {
    return this.#target(device, this.#layers.hiddenFrom(device));
  }

  /** The same, but for its numbers: one object for all devices that should have the same, as far as that is known. */
  alike(device: Resolvable): Target | undefined {
    return this.#alike(device, this.#layers.hiddenFrom(device));
  }

  /** All that a device may have to have while the rollouts go on, the numbers aside; some may be the same. */
  mixtures(device: Resolvable): readonly (Target | undefined)[] {
    return [...new Set(this.#layers.hideable(device).map((hidden) => this.#alike(device, hidden)))];
  }

  /** What a device should have without a rollout and with it; both are what it should have now when that does not count any more. */
  beside(device: Resolvable, revision: number): Beside {
    const place = this.#layers.placeOf(revision);
    if (place === undefined) {
      const target = this.target(device);
      return { without: target, next: target };
    }
    const { without, next } = this.#layers.hiddenBeside(device, place);
    return { without: this.#target(device, without), next: this.#target(device, next) };
  }

  /** True of a device to which a rollout may make a difference; false of all, when it does not count any more. */
  isAbout(device: Pick<Resolvable, "id" | "tagSet">, revision: number): boolean {
    const place = this.#layers.placeOf(revision);
    return place !== undefined && this.#layers.isAbout(device, place);
  }

  /** The rollouts that may mean something to a device, and are not open to it. */
  closedTo(device: Pick<Resolvable, "id" | "tagSet">): readonly number[] {
    return this.#layers.revisionsOf(this.#layers.hiddenFrom(device));
  }

  /** The packets that a device does not see: those of rollouts that it is not admitted to. */
  packetsHiddenFrom(device: Pick<Resolvable, "id" | "tagSet">): ReadonlySet<string> {
    return this.#layers.packetsOf(this.#layers.hiddenFrom(device));
  }

  /** Of the rollouts that may mean something to a device those that it is admitted to. */
  openTo(device: Pick<Resolvable, "id" | "tagSet">): readonly number[] {
    return this.#layers.revisionsOf(this.#layers.about(device) & ~this.#layers.hiddenFrom(device));
  }

  /** Of the rollouts that are open to a device those that none took the place of which is open to it as well. */
  newestOpenTo(device: Pick<Resolvable, "id" | "tagSet">): readonly number[] {
    return this.#layers.revisionsOf(this.#layers.newestOpenTo(device));
  }

  /** True of a device that is admitted to a rollout, or to what took its place; all are, when that does not count any more. */
  admits(device: Pick<Resolvable, "id" | "tagSet">, revision: number): boolean {
    const place = this.#layers.placeOf(revision);
    return place === undefined || this.#layers.admits(device, place);
  }

  /** What a device has of its own, as it sees it. */
  own(device: Resolvable): Resolvable["own"] {
    return this.#asSeen(device, this.#layers.hiddenFrom(device)).own;
  }

  /** The live rollouts that will bring a device something else, but are not open to it yet. */
  waitsFor(device: Resolvable): readonly number[] {
    return this.layers.flatMap(({ revision }, place) => {
      if (!this.#layers.isLive(place) || this.#layers.admits(device, place)) return [];
      const { without, next } = this.beside(device, revision);
      return sameForDevice(without, next) ? [] : [revision];
    });
  }

  /** True when every device should have what it should by others, but for those that got something else of their own. */
  isAlikeButOwn(others: Views): boolean {
    const { layers } = others;
    return (
      this.#parts === others.#parts &&
      this.#base.hasSpecsOf(others.#base) &&
      this.layers.length === layers.length &&
      this.layers.every((layer, place) => layer === layers[place])
    );
  }

  /** These after a revision that everybody gets. */
  with(versions: Iterable<DocumentVersion>): Views {
    return new Views(this.#base.with(versions), this.layers, this.#parts);
  }

  /**
   * These when other layers count: what one said that is none any more holds for everybody, as do these newer
   * versions of documents, but for those that one of the layers says.
   */
  under(layers: readonly Layer[], versions: Iterable<DocumentVersion> = []): Views {
    const counting = new Set(layers.map(({ revision }) => revision));
    const ended = this.layers.filter(({ revision }) => !counting.has(revision));
    const others = [...versions].filter(({ revision }) => !counting.has(revision));
    const said = [...ended.flatMap((layer) => layer.versions), ...others];
    const base = this.#base.with(said, ended.at(-1)?.revision);
    return new Views(base, layers, this.#parts);
  }

  /** These if there were other packets of a name. */
  supposing(name: string, change: (packets: Iterable<PacketSummary>) => readonly PacketSummary[]): Views {
    const { packetsNamed, paths } = this.#parts;
    const supposed = (one: string) => (one === name ? change(packetsNamed(one)) : packetsNamed(one));
    return new Views(this.#base, this.layers, { packetsNamed: supposed, paths });
  }

  /** These by the packets that there are now. */
  anew(): Views {
    // Other parts, so that it is seen that these are others.
    return new Views(this.#base, this.layers, { ...this.#parts });
  }

  #target(device: Resolvable, hidden: LayerSet): Target | undefined {
    return this.#resolver(hidden).target(this.#asSeen(device, hidden));
  }

  #alike(device: Resolvable, hidden: LayerSet): Target | undefined {
    return this.#resolver(hidden).alike(this.#asSeen(device, hidden));
  }

  #asSeen(device: Resolvable, hidden: LayerSet): Resolvable {
    const own = hidden === 0 ? device.own : this.#layers.ownBut(hidden, device.id, device.own);
    return own === device.own ? device : { ...device, own };
  }

  #resolver(hidden: LayerSet): Resolver {
    const known = this.#resolvers.get(hidden);
    if (known) return known;
    const documents = hidden === 0 ? this.documents : this.#documentsBut(hidden);
    const resolver = new Resolver(documents, this.#packetsBut(hidden), this.#parts.paths);
    this.#resolvers.set(hidden, resolver);
    return resolver;
  }

  #documentsBut(hidden: LayerSet): Documents {
    const newest = this.layers.at(-1)?.revision;
    return newest === undefined ? this.#base : this.#base.with(this.#layers.versionsBut(hidden), newest);
  }

  #packetsBut(hidden: LayerSet): PacketsNamed {
    const { packetsNamed } = this.#parts;
    const held = this.#layers.packetsOf(hidden);
    if (held.size === 0) return packetsNamed;
    return (name) => [...packetsNamed(name)].filter(({ digest }) => !held.has(digest));
  }
}
