import { type DocumentKey, documentName } from "@jamesd/model";
import type { RevertingRevision, RevisionRecord } from "../repository/revision-store.ts";

/** The first of revisions that went back to what was before a revision, with all that it had changed; undefined: none did, as far as is known. */
export function takenBackBy(
  record: Pick<RevisionRecord, "number" | "changed" | "documents">,
  reverting: readonly RevertingRevision[],
): number | undefined {
  const isBack = ({ number, to, document }: RevertingRevision): boolean =>
    to < record.number && record.number < number && (!document || isOnly(record, document));
  return reverting.find(isBack)?.number;
}

function isOnly(
  { changed, documents }: Pick<RevisionRecord, "changed" | "documents">,
  key: DocumentKey,
): boolean {
  const [only] = documents;
  return changed === 1 && only !== undefined && documentName(only) === documentName(key);
}
