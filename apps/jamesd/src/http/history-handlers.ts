import { type DocumentKey, JamesError, type Spec, type StoredDocument } from "@jamesd/model";
import type { History } from "../desired/history.ts";
import type { Targets } from "../fleet/targets.ts";
import type { Handlers } from "./call.ts";
import { countOf, limitOf, type Query } from "./query.ts";
import { wireBlamed, wireChanges, wireRevision } from "./v1/history.ts";
import { wireDesired, wireSpec } from "./v1/nouns.ts";

/** So many revisions are listed at a time. */
const MAX_REVISIONS = 1000;

/** The routes of what documents say and said. */
export type HistoryHandlers = Pick<
  Handlers,
  "getDesiredState" | "listSpecs" | "getSpec" | "listRevisions" | "getChanges" | "getBlame"
>;

/** The handlers of these routes. */
export function makeHistoryHandlers(history: History, targets: Pick<Targets, "documents">): HistoryHandlers {
  return {
    getDesiredState: async ({ params, query }) => {
      const id = params.id ?? "";
      const { revision, content } = await history.document(
        { kind: "device", id },
        countOf(query, "revision"),
      );
      return wireDesired({ id, revision, ...content });
    },
    listSpecs: async () => targets.documents.specs().map(wireSpec),
    getSpec: async ({ params: { id = "" }, query }) => {
      if (query.stable === "true") return wireSpec({ id, ...fromStored(await history.stable(id)) });
      const at = countOf(query, "revision");
      const spec = { id, ...fromStored(await history.document({ kind: "spec", id }, at)) };
      const spreads = at === undefined ? history.spread(id) : undefined;
      return spreads ? { ...wireSpec(spec), spreads } : wireSpec(spec);
    },
    listRevisions: async ({ query }) =>
      (
        await history.list({
          document: keyOf(query),
          before: countOf(query, "before"),
          author: query.author,
          since: countOf(query, "since"),
          limit: limitOf(query, MAX_REVISIONS),
        })
      ).map(wireRevision),
    getChanges: async ({ query }) =>
      wireChanges(await history.changes(countOf(query, "from"), countOf(query, "to"), keyOf(query))),
    getBlame: async ({ query }) => (await history.blame(keyOf(query) ?? missingKey())).map(wireBlamed),
  };
}

function fromStored({ revision, content }: StoredDocument): Omit<Spec, "id"> {
  return { revision, ...content };
}

function keyOf({ kind, id }: Query): DocumentKey | undefined {
  if (kind === undefined && id === undefined) return undefined;
  if ((kind === "device" || kind === "spec") && id) return { kind, id };
  return missingKey();
}

function missingKey(): never {
  throw new JamesError("REQUEST_INVALID", "kind and id do not name a document", {
    hint: "kind is device or spec; id is not empty.",
  });
}
