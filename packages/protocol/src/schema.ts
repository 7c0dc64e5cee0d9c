import { isDigest, isName, MAX_CONFIRM_SECONDS, SCRIPT_NAMES, UNOWNED_POLICIES } from "@jamesd/model";
import { z } from "zod";

/** Schemas of the nouns on the wire. Each validates, gives the type, and is the OpenAPI description. */

export const digest = z
  .string()
  .refine(isDigest, "is not a SHA-256 in 64 lower-case hexadecimal digits")
  .meta({ pattern: "^[0-9a-f]{64}$" });
// Tags and names get their own errors from the model (parseTags, parseName); here only what keeps memory bounded.
export const word = z.string().max(1024);
export const tags = z.array(word).max(1024);
export const count = z.int().min(0);
export const instant = z.int().meta({ description: "milliseconds since 1970-01-01T00:00:00Z" });

export const errorSchema = z
  .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
  .meta({ id: "Error", description: "What went wrong; the codes are in docs/errors.md" });

const entryBase = { path: z.string().max(4096), uid: count, gid: count };
export const entrySchema = z
  .discriminatedUnion("type", [
    z.object({ ...entryBase, type: z.literal("file"), mode: count.max(0o7777), size: count, digest }),
    z.object({ ...entryBase, type: z.literal("directory"), mode: count.max(0o7777) }),
    z.object({ ...entryBase, type: z.literal("symlink"), target: z.string().max(4096) }),
  ])
  .meta({ id: "Entry" });

export const policySchema = z
  .strictObject({
    confirm: z
      .strictObject({ connectivity: z.int().min(1).max(MAX_CONFIRM_SECONDS) })
      .optional()
      .meta({ description: "seconds within which the device must reach the server before it commits" }),
    unowned: z
      .enum(UNOWNED_POLICIES)
      .optional()
      .meta({ description: "what to do where something stands that no packet owns; refuse when left out" }),
  })
  .meta({ id: "Policy", description: "How a transaction is to be done" });

const conffiles = z.array(z.string().max(4096)).max(10_000);
const scriptRef = z.object({ digest, size: count });
export const packetSchema = z
  .object({
    digest,
    name: word,
    tags,
    scripts: z.object(
      Object.fromEntries(SCRIPT_NAMES.map((name) => [name, scriptRef.optional()])) as Record<
        (typeof SCRIPT_NAMES)[number],
        z.ZodOptional<typeof scriptRef>
      >,
    ),
    manifest: z.array(entrySchema),
    conffiles: conffiles.default([]).meta({ description: "files that people edit on the device" }),
    policy: policySchema.default({}),
    setid: z.boolean().default(false).meta({ description: "true when it may hold setuid and setgid files" }),
  })
  .meta({ id: "Packet", description: "An immutable packet; its digest is that of its canonical content" });

export const deltaSchema = z
  .object({ digest: digest.meta({ description: "of the delta, which is a blob" }), size: count })
  .meta({ id: "Delta" });

export const packetInfoSchema = z
  .object({
    digest,
    name: word,
    tags,
    scripts: z.array(z.enum(SCRIPT_NAMES)),
    sequence: count,
    files: count,
    size: count.meta({ description: "bytes of all files together" }),
    uploaded: instant,
    author: z.string(),
  })
  .meta({ id: "PacketInfo" });

export const addPacketSchema = z
  .strictObject({
    name: word,
    tags,
    upload: digest.meta({ description: "SHA-256 of the archive, uploaded before under this name" }),
    scripts: z
      .partialRecord(z.enum(SCRIPT_NAMES), z.base64().max(4 * 1024 * 1024))
      .default({})
      .meta({ description: "script contents in base64" }),
    conffiles: conffiles.default([]),
    policy: policySchema.default({}),
    setid: z.boolean().default(false).meta({ description: "allow setuid and setgid files" }),
  })
  .meta({ id: "AddPacket" });

export const addedPacketSchema = z
  .object({
    packet: packetInfoSchema,
    created: z.boolean().meta({ description: "false when the same packet was there" }),
  })
  .meta({ id: "AddedPacket" });

export const uploadSchema = z
  .object({ offset: count.meta({ description: "bytes the server holds durably" }) })
  .meta({ id: "Upload" });

export const appSchema = z.strictObject({ name: word, tags: tags.default([]) }).meta({ id: "App" });
const installedAppSchema = z.object({ name: word, tags, digest }).meta({ id: "InstalledApp" });
export const deviceStateSchema = z
  .object({ systemtags: tags, apps: z.array(installedAppSchema).max(10_000) })
  .meta({ id: "DeviceState" });

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

export const planSchema = z
  .object({
    target: digest,
    revision: count,
    steps: z.array(stepSchema),
    apps: z.array(installedAppSchema),
    policy: policySchema
      .default({})
      .meta({ description: "the desired state's; counts more than a packet's" }),
    retry: z
      .string()
      .optional()
      .meta({ description: "the failed transaction after which an operator asked for another try" }),
  })
  .meta({
    id: "Plan",
    description: "target is the digest of apps, what is installed when every step is done",
  });

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

export const transactionSchema = z
  .object({
    id: z.string().max(64),
    target: digest,
    revision: count,
    outcome: z
      .enum(["committed", "rolled-back", "stuck"])
      .meta({ description: "stuck: in between, because undoing did not work either; jamesc goes on trying" }),
    started: instant,
    durationMs: count,
    attempt: count,
    scripts: z.array(scriptRunSchema).max(10_000),
    error: errorSchema.extend({ step: stepSchema.optional() }).optional(),
  })
  .meta({ id: "Transaction", description: "How the carrying-out of a plan ended" });

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
/** The last time that `Date` knows (ECMA-262, section 21.4.1.1). */
const MAX_INSTANT = 8.64e15;
const reportedStepSchema = stepSchema.refine(({ app }) => isName(app), "has no packet name");
/** What a device may report is bounded in all, for every word costs the server time: as many apps as a wish may have, each with a version. */
export const MAX_REPORTED_WORDS = 20_000;
const reportedStateSchema = deviceStateSchema
  .refine(
    ({ systemtags, apps }) =>
      apps.reduce((sum, app) => sum + 1 + app.tags.length, systemtags.length) <= MAX_REPORTED_WORDS,
    `has more than ${MAX_REPORTED_WORDS} apps and tags together`,
  )
  .meta({ id: "ReportedState" });
const reportedTransactionSchema = transactionSchema
  .extend({
    started: instant.min(-MAX_INSTANT).max(MAX_INSTANT),
    scripts: z.array(reportedRunSchema).max(10_000),
    error: errorSchema.extend({ step: reportedStepSchema.optional() }).optional(),
  })
  .meta({ id: "ReportedTransaction", description: "How the carrying-out of a plan ended" });

export const checkinSchema = z
  .object({
    digest: digest.meta({ description: "stateDigest of the device's state" }),
    deferred: digest
      .optional()
      .meta({ description: "target of a failed plan that the device does not want again yet" }),
    state: reportedStateSchema
      .optional()
      .meta({ description: "sent when it changed, or when the server asked" }),
    transaction: reportedTransactionSchema.optional(),
    agent: z.string().max(200).optional().meta({ description: "the agent's version and runtime" }),
  })
  .meta({ id: "Checkin" });

export const checkinReplySchema = z
  .object({
    need: z
      .literal("state")
      .optional()
      .meta({ description: "the server does not know the state of that digest" }),
    plan: planSchema.optional(),
    interval: count
      .optional()
      .meta({ description: "milliseconds to the next check-in when nothing is to do" }),
  })
  .meta({ id: "CheckinReply", description: "204 without a body when nothing is to do" });

export const SYNC_STATUSES = ["in-sync", "pending", "failed", "unsatisfiable", "unmanaged"] as const;

export const deviceInfoSchema = z
  .object({
    id: word,
    connected: z.boolean(),
    lastSeen: instant.nullable(),
    sync: z.enum(SYNC_STATUSES),
    revision: count.nullable().meta({ description: "the newest of those that make what it should have" }),
    systemtags: tags,
    apps: z.array(installedAppSchema),
  })
  .meta({ id: "DeviceInfo" });

export const desiredStateSchema = z
  .object({ id: word, revision: count, apps: z.array(appSchema), policy: policySchema.default({}) })
  .meta({ id: "DesiredState" });

export const deviceSchema = deviceInfoSchema
  .extend({
    agent: z.string().nullable(),
    desired: desiredStateSchema.nullable().meta({ description: "its own" }),
    specs: z.array(word).meta({ description: "ids of the specs that count for it" }),
    effective: z
      .object({
        apps: z.array(
          appSchema
            .extend({
              spec: word.nullable(),
              digest: digest.nullable().meta({ description: "of the packet for it; null: there is none" }),
            })
            .meta({ id: "WantedApp" }),
        ),
        policy: policySchema,
      })
      .nullable()
      .meta({ description: "what it should have: the specs, and its own desired state on top" }),
    target: digest
      .nullable()
      .meta({ description: "digest of the packets it should have; null when there is none" }),
    transaction: transactionSchema.nullable().meta({ description: "the last one" }),
    problem: errorSchema.nullable().meta({ description: "why it is not in sync, when that is known" }),
  })
  .meta({ id: "Device" });

export const setDesiredSchema = z
  .strictObject({
    apps: z.array(appSchema).max(10_000),
    policy: policySchema.default({}),
    message: z.string().max(10_000).default(""),
    revision: count
      .optional()
      .meta({ description: "refused when this is not the revision of the current desired state" }),
  })
  .meta({ id: "SetDesiredState" });

export const desiredChangeSchema = z
  .object({
    revision: count,
    changed: z.boolean().meta({ description: "false when the desired state was the same already" }),
    target: digest,
    steps: z.array(stepSchema).meta({ description: "what the device will do, from what it last reported" }),
    problem: errorSchema.nullable().meta({ description: "why it can do nothing, from what was so before" }),
    packets: packetTagsSchema.optional(),
  })
  .meta({ id: "DesiredChange" });

export const retrySchema = z
  .object({
    revision: count.meta({ description: "of the desired state" }),
    transaction: z.string().meta({ description: "id of the failed transaction" }),
  })
  .meta({ id: "Retry" });

export type PacketTags = z.infer<typeof packetTagsSchema>;
export type Checkin = z.infer<typeof checkinSchema>;
export type CheckinReply = z.infer<typeof checkinReplySchema>;
export type PlanMessage = z.infer<typeof planSchema>;
export type Transaction = z.infer<typeof transactionSchema>;
export type ScriptRun = z.infer<typeof scriptRunSchema>;
export type PacketInfo = z.infer<typeof packetInfoSchema>;
export type AddPacket = z.infer<typeof addPacketSchema>;
export type AddedPacket = z.infer<typeof addedPacketSchema>;
export type Delta = z.infer<typeof deltaSchema>;
export type DeviceInfo = z.infer<typeof deviceInfoSchema>;
export type Device = z.infer<typeof deviceSchema>;
export type SetDesired = z.infer<typeof setDesiredSchema>;
export type DesiredChange = z.infer<typeof desiredChangeSchema>;
export type SyncStatus = (typeof SYNC_STATUSES)[number];
