import { type DocumentVersion, isAdmitted } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import { Slices } from "../running/slices.ts";
import type { Layer } from "./layer.ts";
import type { OwnVersion } from "./resolver.ts";

/** So many are read at a time. */
const AT_ONCE = 500;

/** What layers are read from; of those that are known only their waves can have become others. */
export interface LayerSource {
  readonly documents: Pick<DocumentStore, "madeIn" | "ownOf">;
  readonly known: readonly Layer[];
  /** Versions of documents that were read already: those of a revision are all there, or none. */
  readonly read: readonly DocumentVersion[];
}

/** The layers that rollouts make. */
export async function readLayers(
  rollouts: readonly Rollout[],
  source: LayerSource,
): Promise<readonly Layer[]> {
  const layers: Layer[] = [];
  for (const rollout of rollouts) {
    const known = source.known.find(({ revision }) => revision === rollout.revision);
    layers.push(layerOf(rollout, known ?? (await readSaid(rollout, source))));
  }
  return layers;
}

/** What a rollout will say that is to be made, as long as nobody is admitted. @param changes what its revision will say */
export async function newLayer(
  { revision, supersedes, packet }: Pick<Layer, "revision" | "supersedes" | "packet">,
  changes: readonly DocumentVersion[],
  documents: Pick<DocumentStore, "ownOf">,
): Promise<Layer> {
  const rollout = { revision, supersedes, packet: packet ?? null, waves: [], seed: 0 };
  return layerOf(rollout, await saidBy(changes, revision, documents));
}

function layerOf(
  {
    revision,
    supersedes,
    packet,
    waves,
    seed,
  }: Pick<Rollout, "revision" | "supersedes" | "packet" | "waves" | "seed">,
  { versions, before }: Pick<Layer, "versions" | "before">,
): Layer {
  return {
    ...{ revision, supersedes, versions, before },
    packet: packet ?? undefined,
    admits: ({ id }) => isAdmitted(waves, id, seed),
  };
}

async function readSaid(
  { revision, documents: spread }: Pick<Rollout, "revision" | "documents">,
  { documents, read }: Pick<LayerSource, "documents" | "read">,
): Promise<Pick<Layer, "versions" | "before">> {
  const known = read.filter((version) => version.revision === revision);
  const isEmpty = spread.length === 0 || known.length > 0;
  const made = isEmpty ? known : await documents.madeIn({ after: revision - 1, upTo: revision });
  return saidBy(made, revision, documents);
}

async function saidBy(
  made: readonly DocumentVersion[],
  revision: number,
  documents: Pick<DocumentStore, "ownOf">,
): Promise<Pick<Layer, "versions" | "before">> {
  const ids = made.flatMap(({ kind, id }) => (kind === "device" ? [id] : []));
  return {
    versions: made.filter(({ kind }) => kind === "spec"),
    before: await readBefore(ids, revision, documents),
  };
}

/** What devices had of their own before a revision. */
async function readBefore(
  ids: readonly string[],
  revision: number,
  documents: Pick<DocumentStore, "ownOf">,
): Promise<ReadonlyMap<string, OwnVersion | undefined>> {
  const before = new Map<string, OwnVersion | undefined>(ids.map((id) => [id, undefined]));
  const slices = new Slices();
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    if (slices.isOver) await slices.next();
    const versions = await documents.ownOf(ids.slice(i, i + AT_ONCE), revision - 1);
    for (const version of versions) before.set(version.id, version);
  }
  return before;
}
