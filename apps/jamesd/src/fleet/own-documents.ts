import { setImmediate as letOthersRun } from "node:timers/promises";
import type { StoredDocument } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";

/** So many are read at a time; between them others run. */
const AT_ONCE = 500;

/** What all devices have of their own, by id, some at a time. */
export async function* ownDocuments(
  documents: Pick<DocumentStore, "ownAfter">,
): AsyncGenerator<readonly StoredDocument[]> {
  for (let after = ""; ; ) {
    const some = await documents.ownAfter(after, AT_ONCE);
    const last = some.at(-1);
    if (!last) return;
    yield some;
    after = last.id;
    await letOthersRun();
  }
}
