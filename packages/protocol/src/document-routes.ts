import { OPERATORS, READERS } from "./callers.ts";
import type { Route } from "./route.ts";
import {
  appliedSchema,
  applySchema,
  blameSchema,
  changesSchema,
  packetImpactSchema,
  revertSchema,
  revisionSchema,
  specSchema,
} from "./schema-desired.ts";

/** Specs, and changes of documents. */
export const DOCUMENT_ROUTES = {
  listSpecs: {
    method: "GET",
    path: "/v1/specs",
    roles: READERS,
    summary: "Every spec, by id",
    reply: specSchema.array(),
  },
  getSpec: {
    method: "GET",
    path: "/v1/specs/:id",
    roles: READERS,
    summary:
      "A spec, now or at `revision`, or as those have it that a rollout does not admit yet (`stable=true`)",
    query: ["revision", "stable"],
    reply: specSchema,
  },
  apply: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/revisions",
    summary:
      "Change specs and desired states together, as one revision; with `dryRun` only say what it means",
    body: applySchema,
    reply: appliedSchema,
  },
  revert: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/revisions/revert",
    summary: "Make everything, or one document, as it was at a revision, as a new revision",
    body: revertSchema,
    reply: appliedSchema,
  },
} as const satisfies Record<string, Route>;

/** What documents said, and what changes would mean. */
export const HISTORY_ROUTES = {
  listRevisions: {
    method: "GET",
    path: "/v1/revisions",
    roles: READERS,
    summary:
      "Revisions, newest first: at most `limit`, with numbers below `before`, that changed the document `kind` and `id`, by `author`, made at the time `since` or later",
    query: ["kind", "id", "before", "author", "since", "limit"],
    reply: revisionSchema.array(),
  },
  getChanges: {
    method: "GET",
    path: "/v1/changes",
    roles: READERS,
    summary:
      "The documents that differ between the revisions `from` and `to` (left out: the one before, and the newest)",
    query: ["from", "to", "kind", "id"],
    reply: changesSchema,
  },
  getBlame: {
    method: "GET",
    path: "/v1/blame",
    roles: READERS,
    summary:
      "Which revision brought each app of the document `kind` and `id`; of a device, also those of specs",
    query: ["kind", "id"],
    reply: blameSchema,
  },
  getImpact: {
    method: "GET",
    path: "/v1/impact",
    roles: READERS,
    summary: "What it would mean to add a packet `name` with `tags`, or to `remove` the one of that digest",
    query: ["name", "tags", "remove"],
    reply: packetImpactSchema,
  },
} as const satisfies Record<string, Route>;
