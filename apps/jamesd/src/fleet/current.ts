import { setImmediate as letOthersRun } from "node:timers/promises";
import { type DocumentContent, type DocumentKey, type DocumentVersion, documentName } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import type { Documents } from "./documents.ts";

/** So many are read at a time. */
const AT_ONCE = 500;

/** What counts of a document now, and since when; undefined when there is none. */
export type Current = (
  key: DocumentKey,
) => { readonly revision: number; readonly content: DocumentContent } | undefined;

/** What counts of these documents: specs from memory, what is of single devices as of the same revision. */
export async function currentOf(
  keys: readonly DocumentKey[],
  documents: Documents,
  store: Pick<DocumentStore, "ownOf">,
): Promise<Current> {
  const found = new Map<string, Pick<DocumentVersion, "revision" | "content">>();
  const ids = keys.flatMap(({ kind, id }) => (kind === "device" ? [id] : []));
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    if (i > 0) await letOthersRun();
    for (const version of await store.ownOf(ids.slice(i, i + AT_ONCE), documents.revision))
      found.set(documentName(version), version);
  }
  for (const key of keys) {
    const spec = key.kind === "spec" ? documents.spec(key.id) : undefined;
    if (spec) found.set(documentName(key), { revision: spec.revision, content: spec });
  }
  return (key) => {
    const version = found.get(documentName(key));
    return version?.content ? { revision: version.revision, content: version.content } : undefined;
  };
}
