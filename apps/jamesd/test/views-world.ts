import { type DocumentVersion, type PacketSummary, sha256 } from "@jamesd/model";
import fc from "fast-check";
import { Documents } from "../src/fleet/documents.ts";
import type { Layer } from "../src/fleet/layer.ts";
import { PathChecks } from "../src/fleet/path-checks.ts";
import { type OwnVersion, type Resolvable, Resolver } from "../src/fleet/resolver.ts";
import type { TagSet } from "../src/fleet/tag-sets.ts";
import type { Target } from "../src/fleet/target.ts";
import { Views } from "../src/fleet/views.ts";
import { PacketCache } from "../src/packets/packet-cache.ts";

export const IDS = ["d1", "d2", "d3"] as const;
const SPECS = ["a", "b", "c"] as const;
const paths = new PathChecks(new PacketCache({ get: async () => undefined }));

/** A revision, and how many devices have it: all, or those that its rollout admits. */
export interface Made {
  readonly revision: number;
  readonly versions: readonly DocumentVersion[];
  readonly packet: PacketSummary | undefined;
  /** Undefined: all. */
  readonly admitted: ReadonlySet<string> | undefined;
  /** Rollouts whose place it took. */
  readonly supersedes: readonly number[];
}

const app = fc.record({ name: fc.constantFrom("vpn", "web"), tags: fc.subarray(["1", "2"]) });
const content = fc.record({
  selector: fc.uniqueArray(fc.constantFrom("arm", "lab", "not:lab", "id:d1", "not:id:d2"), { maxLength: 2 }),
  apps: fc.uniqueArray(app, { selector: ({ name }) => name }),
  policy: fc.constantFrom({}, { unowned: "refuse" as const }),
});
const change = fc.record({
  key: fc.constantFrom(
    ...SPECS.map((id) => ({ kind: "spec" as const, id })),
    ...IDS.map((id) => ({ kind: "device" as const, id })),
  ),
  content: fc.option(content, { freq: 4 }),
});
const op = fc.record({
  changes: fc.uniqueArray(change, { selector: ({ key }) => `${key.kind} ${key.id}`, maxLength: 3 }),
  packet: fc.option(
    fc.record({ name: fc.constantFrom("vpn", "web"), tags: fc.subarray(["1", "2", "arm", "lab"]) }),
    { freq: 3 },
  ),
  /** Who has it; null: a revision for all. */
  admitted: fc.option(fc.subarray([...IDS]), { freq: 2 }),
});
type Op = typeof op extends fc.Arbitrary<infer T> ? T : never;

/** Revisions as the server lets them be made: a document is in one live rollout, and another change of it takes the place of that one. */
function history(ops: readonly Op[]): readonly Made[] {
  const made: Made[] = [];
  const holders = new Map<string, number>();
  for (const [i, { changes, packet, admitted }] of ops.entries()) {
    const revision = i + 1;
    const names = changes.map(({ key }) => `${key.kind} ${key.id}`);
    const supersedes = [...new Set(names.flatMap((name) => holders.get(name) ?? []))].sort((a, b) => a - b);
    if (!admitted && supersedes.length > 0) continue;
    if (admitted && made.filter((one) => one.admitted).length === 6) continue;
    const content = changes.map(
      ({ key, content }): DocumentVersion => ({
        ...key,
        revision,
        content: content && key.kind === "device" ? { ...content, selector: [] } : content,
      }),
    );
    for (const [name, holder] of holders)
      if (admitted && supersedes.includes(holder)) holders.set(name, revision);
    if (admitted) for (const name of names) holders.set(name, revision);
    made.push({
      ...{ revision, supersedes, versions: content, admitted: admitted ? new Set(admitted) : undefined },
      packet: packet
        ? { digest: sha256(`${revision}`), ...packet, scripts: [], sequence: revision }
        : undefined,
    });
  }
  return made;
}

const histories = fc.array(op, { maxLength: 8 }).map(history);

/** What a device had of its own, by these revisions. */
export function ownBy(made: readonly Made[], id: string): OwnVersion | undefined {
  return made
    .flatMap(({ versions }) => versions)
    .filter((version) => version.kind === "device" && version.id === id)
    .at(-1);
}

function namedBy(made: readonly Made[]) {
  const packets = made.flatMap(({ packet }) => packet ?? []);
  return (name: string) => packets.filter((packet) => packet.name === name);
}

/** As if nothing but these revisions had ever been made, for all. */
export function resolverOf(made: readonly Made[]): Resolver {
  const versions = made.flatMap((one) => one.versions);
  return new Resolver(Documents.of([], []).with(versions), namedBy(made), paths);
}

function layerOf(one: Made, made: readonly Made[]): Layer {
  const before = made.filter(({ revision }) => revision < one.revision);
  const named = one.versions.flatMap(({ kind, id }) => (kind === "device" ? [id] : []));
  return {
    ...{ revision: one.revision, supersedes: one.supersedes, versions: one.versions },
    before: new Map(named.map((id) => [id, ownBy(before, id)])),
    packet: one.packet?.digest,
    admits: ({ id }) => one.admitted?.has(id) ?? false,
  };
}

export function viewsOf(made: readonly Made[]): Views {
  const plain = made.filter(({ admitted }) => !admitted).flatMap(({ versions }) => versions);
  const layers = made.filter(({ admitted }) => admitted).map((one) => layerOf(one, made));
  return new Views(Documents.of([], []).with(plain), layers, { packetsNamed: namedBy(made), paths });
}

/** Those that a device is admitted to, and all that they took the place of. */
export function admittedTo(made: readonly Made[], id: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { revision, admitted, supersedes } of [...made].reverse())
    if (!admitted || admitted.has(id) || found.has(revision))
      for (const one of admitted ? [revision, ...supersedes] : [revision]) found.add(one);
  return found;
}

/** Those without whose revisions a device must not see this one: itself, and all that took its place. */
export function aboveOf(made: readonly Made[], revision: number): ReadonlySet<number> {
  const above = new Set([revision]);
  for (const one of made) if (one.supersedes.some((other) => above.has(other))) above.add(one.revision);
  return above;
}

const tagSets = new Map<string, TagSet>();

export function tagSetOf(tags: readonly string[]): TagSet {
  const known = tagSets.get(tags.join()) ?? { tags, set: new Set(tags) };
  tagSets.set(tags.join(), known);
  return known;
}

const tagLists = fc.tuple(...IDS.map(() => fc.subarray(["arm", "lab"])));
const standings = fc.record({ isManaged: fc.boolean(), wish: fc.constantFrom(0, 3) });

export function devicesOf(
  made: readonly Made[],
  tags: readonly (readonly string[])[],
  standing: Resolvable["standing"],
): readonly Resolvable[] {
  return IDS.map((id, i) => ({ id, tagSet: tagSetOf(tags[i] ?? []), standing, own: ownBy(made, id) }));
}

/** What a device should have when it sees these revisions and no others. */
export function seen(made: readonly Made[], device: Resolvable): Target | undefined {
  return resolverOf(made).target({ ...device, own: ownBy(made, device.id) });
}

/** All but the numbers. */
export function said(target: Target | undefined) {
  if (!target) return undefined;
  const { wanted, ...rest } = target;
  const { revision: _, ownRevision: __, ...state } = wanted;
  return { ...rest, wanted: state };
}

export const worlds = fc.tuple(histories, tagLists, standings);

/** A revision that says what the documents of these said before them. */
export function revertOf(made: readonly Made[], below: ReadonlySet<number>, revision: number): Made {
  const touched = new Map<string, DocumentVersion>();
  for (const one of made)
    for (const version of one.versions)
      if (below.has(one.revision)) touched.set(`${version.kind} ${version.id}`, version);
  const versions = [...touched.values()].map(({ kind, id }): DocumentVersion => {
    const stable = made
      .filter((one) => !below.has(one.revision))
      .flatMap((one) => one.versions)
      .filter((version) => version.kind === kind && version.id === id)
      .at(-1);
    return { kind, id, revision, content: stable?.content ?? null };
  });
  return { revision, versions, packet: undefined, admitted: undefined, supersedes: [] };
}
