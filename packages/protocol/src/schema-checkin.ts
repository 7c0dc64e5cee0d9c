import { FORMATS, isName, MAX_STATE_WORDS, SCRIPT_NAMES, stateWords } from "@jamesd/model";
import { z } from "zod";
import { openWord } from "./open-word.ts";
import {
  clockOff,
  count,
  deviceStateSchema,
  digest,
  errorSchema,
  formatOf,
  installedAppSchema,
  instant,
  policySchema,
  reportedInstant,
  tags,
  windowsSchema,
  word,
} from "./schema.ts";
import { reportedDriftSchema } from "./schema-drift.ts";

/** Schemas of the check-in: what a device reports, and the plan that it gets. */

export const stepSchema = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("script"), script: z.enum(SCRIPT_NAMES), app: word, packet: digest }),
    z.object({ kind: z.literal("delete"), app: word, packet: digest }),
    z.object({ kind: z.literal("unpack"), app: word, packet: digest }),
  ])
  .meta({ id: "Step" });

export const packetTagsSchema = z.record(digest, tags).meta({
  id: "PacketTags",
  description: "the tags of the packets that the steps name, of those that the server has",
});

const seal = z.string().max(200);
const followedSchema = z.object({ revision: count, seal: seal.optional() }).meta({
  id: "Followed",
  description:
    "the last revision that the device carried out, 0 before the first, and the seal that came with its plan: by that the server sees whether it is one of its own history",
});

/** The id of a wish of an operator. */
const wish = z.string().max(64);

const planSchema = z
  .object({
    format: formatOf("plan"),
    target: digest,
    revision: count,
    steps: z.array(stepSchema),
    apps: z.array(installedAppSchema),
    policy: policySchema
      .default({})
      .meta({ description: "the desired state's; counts more than a packet's" }),
    windows: z.array(windowsSchema).max(1000).optional().meta({
      description: "when the device may change: of each list one window must be open; left out: always",
    }),
    go: z.object({ id: wish, breakLock: z.boolean() }).optional().meta({
      description: "an operator wants it begun now, whatever its windows, and the update lock if so",
    }),
    seal: seal.optional().meta({ description: "to be sent back in `followed` once this is carried out" }),
    retry: z
      .string()
      .optional()
      .meta({ description: "the failed transaction after which an operator asked for another try" }),
    reinstall: z.object({ id: wish, app: word }).optional().meta({
      description: "this app goes and comes though it is there; the transaction names the id of this wish",
    }),
    repair: z.literal(true).optional().meta({
      description:
        "what is installed is to be put right where it has drifted, as far as the policies want it",
    }),
  })
  .meta({
    id: "Plan",
    description: "target is the digest of apps, what is installed when every step is done",
  });

/** A plan of a later format: what every format says. It cannot be carried out, and the server is told so. */
const laterPlanSchema = z
  .object({
    format: z.int().min(FORMATS.plan + 1),
    target: digest,
    revision: count,
    retry: z.string().optional(),
  })
  .meta({ id: "LaterPlan" });

const scriptRunSchema = z
  .object({
    app: word,
    script: z.enum(SCRIPT_NAMES),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    durationMs: count,
    output: z
      .string()
      .max(100_000)
      .meta({ description: "the end of standard output and error, as they came" }),
    undo: z.boolean().meta({ description: "true when it ran to undo a step" }),
  })
  .meta({ id: "ScriptRun" });

/** How transactions end. */
export const TRANSACTION_OUTCOMES = ["committed", "rolled-back", "stuck"] as const;

const transactionSchema = z
  .object({
    id: z.string().max(64),
    target: digest,
    revision: count,
    outcome: z
      .enum(TRANSACTION_OUTCOMES)
      .meta({ description: "stuck: in between, because undoing did not work either; jamesc goes on trying" }),
    started: instant,
    durationMs: count,
    attempt: count,
    repair: z.literal(true).optional().meta({ description: "it was to put drift right" }),
    reinstall: wish.optional().meta({ description: "id of the wish that an app be installed again" }),
    scripts: z.array(scriptRunSchema).max(10_000),
    error: errorSchema.extend({ step: stepSchema.optional() }).optional(),
  })
  .meta({ id: "Transaction", description: "How the carrying-out of a plan ended" });

/** The same for people to read. */
export const shownTransactionSchema = transactionSchema
  .extend({ outcome: openWord(TRANSACTION_OUTCOMES) })
  .meta({ id: "ShownTransaction", description: "How the carrying-out of a plan ended" });

// What a device reports and did not think of itself is checked, but not where an answer has what once came in.
const reportedName = word.refine(isName, "is not a packet name");
const reportedRunSchema = scriptRunSchema
  .extend({
    app: reportedName,
    signal: z
      .string()
      .max(20)
      .regex(/^SIG[A-Z0-9+]+$/)
      .nullable(),
  })
  .meta({ id: "ReportedScriptRun" });
const reportedStepSchema = stepSchema.refine(({ app }) => isName(app), "has no packet name");
const reportedStateSchema = deviceStateSchema
  .refine(
    ({ systemtags, apps }) => stateWords(systemtags, apps) <= MAX_STATE_WORDS,
    `has more than ${MAX_STATE_WORDS} apps and tags together`,
  )
  .meta({ id: "ReportedState" });
const reportedTransactionSchema = transactionSchema
  .extend({
    started: reportedInstant,
    scripts: z.array(reportedRunSchema).max(10_000),
    error: errorSchema.extend({ step: reportedStepSchema.optional() }).optional(),
  })
  .meta({ id: "ReportedTransaction", description: "How the carrying-out of a plan ended" });

/** Nothing is deferred longer than from one window of a year to the next. */
const MAX_RETRY_MS = 400 * 24 * 60 * 60 * 1000;

export const waitingSchema = z
  .object({
    revision: count,
    why: z.string().max(500),
    until: instant.optional().meta({ description: "when it may be begun, as far as it is known" }),
    go: wish.optional().meta({ description: "id of `go` of that plan" }),
  })
  .meta({ id: "Waiting", description: "A plan that is prepared and may not be begun yet" });

export const preparingSchema = z
  .object({
    target: digest,
    revision: count,
    bytes: count.optional().meta({ description: "how much has come of the contents that it needs" }),
    total: count.optional().meta({ description: "and how much that is; left out until it is known" }),
    go: wish.optional().meta({ description: "id of `go` of that plan" }),
  })
  .meta({ id: "Preparing", description: "The plan that a device fetches contents for; it is not begun yet" });

/** The same for people to read. */
export const shownPreparingSchema = preparingSchema
  .extend({
    ended: instant.optional().meta({
      description:
        "when it ended its question, as a device does that begins: since then it changes, or is away; left out while it asks",
    }),
  })
  .meta({ id: "ShownPreparing", description: "The plan that a device said last it fetches contents for" });

export const checkinSchema = z
  .object({
    digest: digest.meta({ description: "stateDigest of the device's state" }),
    deferred: digest
      .optional()
      .meta({ description: "target of a failed plan that the device does not want again yet" }),
    retryInMs: count
      .max(MAX_RETRY_MS)
      .optional()
      .meta({ description: "so long it does not want it; with `deferred`" }),
    waiting: waitingSchema
      .optional()
      .meta({ description: "why the plan of `deferred` is not begun, when it did not fail" }),
    preparing: preparingSchema.optional().meta({
      description:
        "said while a plan is prepared: the answer is held until something else is wanted, and then says `replaced`",
    }),
    state: reportedStateSchema
      .optional()
      .meta({ description: "sent when it changed, or when the server asked" }),
    transaction: reportedTransactionSchema.optional(),
    followed: followedSchema.optional().meta({ description: "left out by agents that do not know it" }),
    instance: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional()
      .meta({
        description:
          "the same as long as the machine runs and the state directory is there: by it two machines with one certificate are told apart; left out by agents that do not know it",
      }),
    drift: reportedDriftSchema.optional().meta({ description: "sent when it changed, and with the state" }),
    verifying: wish.optional().meta({ description: "the wish for a full look that it is at" }),
    verified: wish.optional().meta({ description: "the wish for a full look that `drift` answers" }),
    agent: z.string().max(200).optional().meta({ description: "the agent's version and runtime" }),
    features: z
      .array(z.string().max(64))
      .max(64)
      .optional()
      .meta({ description: "what the agent can do beyond the first ones; with `agent`; left out: nothing" }),
    clockOff: clockOff.optional().meta({
      description:
        "by how many milliseconds the device's clock is ahead of the server's, below 0 behind, as the `Date` of answers tells; left out while they are as good as the same, or it does not look",
    }),
    unmerged: z.array(z.string().max(4096)).max(50).optional().meta({
      description:
        "with `state`: paths below the install root of new versions of configuration files that lie beside edited ones; left out: none, or it does not look",
    }),
  })
  .meta({ id: "Checkin" });

const checkinReplySchema = z
  .object({
    need: z
      .literal("state")
      .optional()
      .meta({ description: "the server does not know the state of that digest" }),
    replaced: z.literal(true).optional().meta({
      description:
        "what is being prepared, or waits to be begun, is not wanted any more: it is left, and the device asks anew",
    }),
    plan: planSchema.optional(),
    verify: wish.optional().meta({
      description: "an operator wants to know now whether all is as it should be: look at all contents",
    }),
    renew: z.literal(true).optional().meta({
      description: "the device is to get another certificate now (POST /v1/certificate)",
    }),
  })
  .meta({ id: "CheckinReply", description: "204 without a body when nothing is to do" });

/** The same as it is read: the plan may be of a later format. */
export const readCheckinReplySchema = checkinReplySchema
  .extend({ plan: planSchema.or(laterPlanSchema).optional() })
  .meta({ id: "ReadCheckinReply", description: "204 without a body when nothing is to do" });

export type PacketTags = z.infer<typeof packetTagsSchema>;
export type Checkin = z.infer<typeof checkinSchema>;
export type CheckinReply = z.infer<typeof checkinReplySchema>;
export type ReadCheckinReply = z.infer<typeof readCheckinReplySchema>;
export type PlanMessage = z.infer<typeof planSchema>;
/** A plan as it comes: of a later format, too. */
export type AnyPlan = PlanMessage | z.infer<typeof laterPlanSchema>;

export type Waiting = z.infer<typeof waitingSchema>;
export type Preparing = z.infer<typeof preparingSchema>;
export type Followed = z.infer<typeof followedSchema>;
export type Transaction = z.infer<typeof transactionSchema>;
export type ShownTransaction = z.infer<typeof shownTransactionSchema>;
export type ScriptRun = z.infer<typeof scriptRunSchema>;
