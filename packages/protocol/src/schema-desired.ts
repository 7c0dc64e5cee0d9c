import { DOCUMENT_KINDS } from "@jamesd/model";
import { z } from "zod";
import { openWord } from "./open-word.ts";
import {
  appSchema,
  count,
  digest,
  errorSchema,
  instant,
  message,
  policySchema,
  tags,
  word,
} from "./schema.ts";
import { packetTagsSchema, stepSchema } from "./schema-checkin.ts";
import { desiredStateSchema } from "./schema-device.ts";
import {
  documentRolloutSchema,
  nowSchema,
  plannedWavesSchema,
  rolloutChoiceSchema,
  rolloutPlanSchema,
  rolloutStandingSchema,
  waitingForSchema,
} from "./schema-rollout.ts";
import { SYNC_STATUSES } from "./sync-status.ts";

/** Schemas of what is under version control: specs, desired states, revisions. */

/** So many documents fit into one revision. */
export const MAX_DOCUMENTS = 200_000;

export const documentKeySchema = z
  .object({ kind: z.enum(DOCUMENT_KINDS), id: word.min(1) })
  .meta({ id: "DocumentKey" });

const wishes = { apps: z.array(appSchema).max(10_000), policy: policySchema.default({}) };
const expected = count
  .optional()
  .meta({ description: "refused when this is not the revision of what is there; 0: nothing is" });
/** A spec, as it is applied; files say the same in other words. */
export const specDocumentSchema = z.strictObject({
  kind: z.literal("spec"),
  id: word.min(1),
  selector: tags.meta({
    description:
      "it counts for devices that have all of these tags; `id:ID` is the device itself, and `not:` before either denies it",
  }),
  ...wishes,
  rollout: rolloutPlanSchema
    .optional()
    .meta({ description: "how a change of it spreads, unless who makes the change says otherwise" }),
  revision: expected,
});
const documentSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("device"), id: word.min(1), ...wishes, revision: expected }),
    specDocumentSchema,
  ])
  .meta({ id: "Document", description: "A device's own desired state, or a spec" });

const dryRun = z.boolean().default(false).meta({ description: "only say what would happen" });

export const applySchema = z
  .strictObject({
    documents: z.array(documentSchema).max(MAX_DOCUMENTS),
    remove: z.array(documentKeySchema).max(MAX_DOCUMENTS).default([]),
    prune: z.boolean().default(false).meta({ description: "remove every document that is not listed" }),
    pruneScopes: z
      .array(z.strictObject({ kind: z.enum(DOCUMENT_KINDS), prefix: word.optional() }))
      .max(1000)
      .optional()
      .meta({
        description: "with `prune`: of one of these kinds, with ids that begin so; all when left out",
      }),
    dryRun,
    message: message.default(""),
    rollout: rolloutChoiceSchema.optional(),
  })
  .meta({ id: "Apply", description: "Documents that change together, in one revision, all or nothing" });

export const tagDeviceSchema = z
  .strictObject({ add: tags.default([]), remove: tags.default([]), dryRun, now: nowSchema })
  .meta({ id: "TagDevice", description: "Tags that a device is to have from the server, and no longer" });

export const revertSchema = z
  .strictObject({
    to: count,
    document: documentKeySchema.optional().meta({ description: "only this one; all when left out" }),
    dryRun,
    message: message.optional(),
    rollout: rolloutChoiceSchema.optional(),
  })
  .meta({ id: "Revert" });

const ids = z.array(word).meta({ description: "some of them" });
const impactSchema = z
  .object({
    devices: count.meta({ description: "how many should have other packets than before" }),
    connected: count.meta({ description: "how many of these are connected" }),
    unsatisfiable: count.meta({ description: "how many of these cannot have what they should" }),
    groups: z
      .array(
        z.object({
          devices: count,
          ids,
          steps: z.array(stepSchema),
          bytes: count.nullable().meta({
            description: "what the first has to fetch at the most; a delta is smaller; null: not known",
          }),
          problem: errorSchema.nullable().meta({ description: "why these cannot have it" }),
        }),
      )
      .meta({
        description: "devices that will do the same; first those that cannot, then the largest group",
      }),
    more: count.meta({ description: "groups that are left out" }),
    warnings: z.array(z.string()),
  })
  .meta({ id: "Impact", description: "What a change means for the fleet" });

export const appliedSchema = z
  .object({
    revision: count.meta({ description: "the newest of the fleet" }),
    documents: z.array(
      documentKeySchema.extend({ action: z.enum(["created", "changed", "removed"]) }).meta({ id: "Applied" }),
    ),
    unchanged: count,
    impact: impactSchema,
    packets: packetTagsSchema.optional(),
    waves: plannedWavesSchema.optional(),
  })
  .meta({ id: "AppliedChange" });

export const taggedSchema = z
  .object({
    tags: tags.meta({ description: "all that the device has from the server" }),
    changed: z.boolean().meta({ description: "false when it was so already" }),
    impact: impactSchema,
    packets: packetTagsSchema.optional(),
  })
  .meta({ id: "TaggedDevice" });

export const specSchema = desiredStateSchema
  .extend({
    selector: tags,
    rollout: rolloutPlanSchema.optional().meta({ description: "how a change of it spreads" }),
    spreads: documentRolloutSchema.optional(),
  })
  .meta({ id: "Spec", description: "A desired state for every device that has all tags of the selector" });

export const revisionSchema = z
  .object({
    number: count,
    parent: count.nullable(),
    author: z.string(),
    message: z.string(),
    time: instant,
    documents: z.array(documentKeySchema).meta({ description: "the first that it changed" }),
    changed: count.meta({ description: "how many documents it changed" }),
    rollout: rolloutStandingSchema.optional(),
    revertsTo: count.optional().meta({
      description:
        "the revision at which everything, or the document that it changed, was as it made it again",
    }),
    revertedBy: count.optional().meta({
      description:
        "the first that took all back that it changed: that went back to what was before it; as far as is known",
    }),
    ends: z
      .array(count)
      .optional()
      .meta({ description: "rollouts that it took back, or whose place it took" }),
  })
  .meta({ id: "Revision" });

const contentSchema = z
  .object({
    selector: tags,
    apps: z.array(appSchema),
    policy: policySchema,
    rollout: rolloutPlanSchema.optional(),
  })
  .meta({ id: "DocumentContent" });
export const changesSchema = z
  .object({
    from: count,
    to: count,
    changes: z.array(
      documentKeySchema.extend({ before: contentSchema.nullable(), after: contentSchema.nullable() }),
    ),
  })
  .meta({ id: "Changes", description: "The documents that differ between two revisions" });

export const blameSchema = z
  .array(
    documentKeySchema.extend({
      name: word,
      tags,
      revision: count,
      author: z.string(),
      message: z.string(),
      time: instant,
    }),
  )
  .meta({
    id: "Blame",
    description: "Each app, the document that wants it, and the revision that brought it",
  });

export const devicePlanSchema = z
  .object({
    id: word,
    sync: openWord(SYNC_STATUSES),
    revision: count.nullable(),
    steps: z.array(stepSchema),
    packets: packetTagsSchema.optional(),
    bytes: count.nullable().meta({ description: "to fetch at the most; a delta is smaller" }),
    problem: errorSchema.nullable(),
    later: z
      .array(
        waitingForSchema.extend({
          steps: z.array(stepSchema),
          bytes: count.nullable(),
          problem: errorSchema.nullable(),
        }),
      )
      .optional()
      .meta({ description: "what it will do when rollouts admit it, each by itself, from what it has now" }),
  })
  .meta({ id: "DevicePlan" });

const candidateSchema = z.object({ digest, name: word, tags, missing: tags }).meta({ id: "Candidate" });
export const explanationSchema = z
  .object({
    id: word,
    name: word,
    tags: tags
      .nullable()
      .meta({ description: "of the app that it should have; null: it should not have it" }),
    spec: word
      .nullable()
      .meta({ description: "the spec that wants it; null: its own desired state, or nobody" }),
    systemtags: tags,
    chosen: digest.nullable(),
    candidates: z.array(candidateSchema).meta({ description: "the best first; at most 1,000" }),
    more: count.meta({ description: "candidates that are left out" }),
    waits: z.array(waitingForSchema).optional(),
  })
  .meta({ id: "Explanation" });

export const packetImpactSchema = z
  .object({
    devices: count.meta({ description: "how many would get other packets, or none" }),
    connected: count,
    unsatisfiable: count.meta({ description: "how many of them would have no packet for an app" }),
    ids,
  })
  .meta({ id: "PacketImpact", description: "What a packet more or less would mean for the fleet" });

export type Apply = z.infer<typeof applySchema>;
export type Applied = z.infer<typeof appliedSchema>;
export type Tagged = z.infer<typeof taggedSchema>;
export type Revert = z.infer<typeof revertSchema>;
export type Impact = z.infer<typeof impactSchema>;
export type RevisionMessage = z.infer<typeof revisionSchema>;
export type Changes = z.infer<typeof changesSchema>;
export type Blame = z.infer<typeof blameSchema>;
export type DevicePlan = z.infer<typeof devicePlanSchema>;
export type Explanation = z.infer<typeof explanationSchema>;
export type PacketImpact = z.infer<typeof packetImpactSchema>;
