import type { StoredDocument } from "@jamesd/model";
import type { DocumentStore } from "../repository/document-store.ts";
import { pages } from "./pages.ts";

/** So many are read at a time. */
const AT_ONCE = 500;

/** What all devices have of their own, by id, some at a time. */
export function ownDocuments(
  documents: Pick<DocumentStore, "ownAfter">,
): AsyncGenerator<readonly StoredDocument[]> {
  return pages(
    (after) => documents.ownAfter(after, AT_ONCE),
    ({ id }) => id,
  );
}
