import { z } from "zod";
import { openWord } from "./open-word.ts";
import {
  appSchema,
  clockOff,
  count,
  digest,
  errorSchema,
  installedAppSchema,
  instant,
  message,
  policySchema,
  tags,
  windowsSchema,
  word,
} from "./schema.ts";
import {
  packetTagsSchema,
  shownPreparingSchema,
  shownTransactionSchema,
  stepSchema,
  waitingSchema,
} from "./schema-checkin.ts";
import { driftSchema } from "./schema-drift.ts";
import { nowSchema, rolloutChoiceSchema, waitingForSchema } from "./schema-rollout.ts";
import { SYNC_STATUSES } from "./sync-status.ts";

/** Schemas of devices as people see them, and of what they should have. */

const cloneSchema = z
  .object({
    serial: z.string().meta({ description: "of that certificate, in hexadecimal" }),
    time: instant.meta({ description: "when it was used last, within an hour" }),
    address: z.string(),
  })
  .meta({ id: "Clone" });

const lockSchema = z
  .object({
    time: instant.nullable().meta({ description: "since when; null: not known" }),
    author: z.string().nullable().meta({ description: "by whom; null: not known" }),
    reason: z.string(),
  })
  .meta({ id: "Lock" });

export const deviceInfoSchema = z
  .object({
    id: word,
    connected: z.boolean(),
    lastSeen: instant.nullable(),
    sync: openWord(SYNC_STATUSES),
    revision: count
      .nullable()
      .meta({ description: "the newest of the fleet that changed anything about what it should have" }),
    systemtags: tags.meta({ description: "what it says of itself" }),
    givenTags: tags.optional().meta({ description: "what operators gave it" }),
    apps: z.array(installedAppSchema),
    drifted: count
      .nullable()
      .optional()
      .meta({ description: "paths where it is not as its packets have it; null: it does not say" }),
    agent: z.string().nullable().optional().meta({ description: "the agent's version and runtime" }),
    problem: errorSchema
      .nullable()
      .optional()
      .meta({ description: "why it is not in sync, when that is known; in lists in short" }),
    certEnds: instant
      .nullable()
      .optional()
      .meta({ description: "when the certificate ends that it came with last; null: it has not come yet" }),
    certLate: z.boolean().optional().meta({
      description: "it has ended or ends soon, and was not renewed when it should have been",
    }),
    certIssuer: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "who issued it, in words; null: not known" }),
    clone: cloneSchema.optional().meta({
      description: "somebody came with a certificate that it has replaced: another machine has its key",
    }),
    lockedOut: lockSchema
      .optional()
      .meta({ description: "why nobody may come in as this device; left out when it may" }),
    nextTry: instant
      .nullable()
      .optional()
      .meta({ description: "when it tries again what it leaves alone; null: it leaves nothing alone" }),
    unmerged: count.optional().meta({
      description: "how many new versions of configuration files lie beside edited ones, as far as it says",
    }),
    waiting: waitingSchema
      .optional()
      .meta({ description: "why it does not begin with what it should have; left out when it may" }),
    clockOff: clockOff.optional().meta({
      description:
        "by how many milliseconds its clock is ahead of the server's, below 0 behind; left out when it is not, as far as it says",
    }),
    preparing: shownPreparingSchema
      .optional()
      .meta({ description: "what it fetches contents for; left out when it does not, as far as it says" }),
  })
  .meta({
    id: "DeviceInfo",
    description: "What may be left out is left out by servers of earlier versions",
  });

export const desiredStateSchema = z
  .object({ id: word, revision: count, apps: z.array(appSchema), policy: policySchema.default({}) })
  .meta({ id: "DesiredState" });

export const deviceSchema = deviceInfoSchema
  .extend({
    agent: z.string().nullable(),
    features: z
      .array(z.string())
      .default([])
      .meta({ description: "what its agent can do beyond the first ones, as it says" }),
    unmergedFiles: z.array(z.string()).default([]).meta({
      description: "new versions of configuration files that lie beside edited ones, the first of them",
    }),
    certSerial: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "serial number of the certificate that it came with last, in hexadecimal" }),
    renew: z.literal(true).optional().meta({ description: "it is to renew that, and has not yet" }),
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
        windows: z
          .array(windowsSchema)
          .optional()
          .meta({ description: "when it may change: of each list one window must be open" }),
      })
      .nullable()
      .meta({ description: "what it should have: the specs, and its own desired state on top" }),
    target: digest
      .nullable()
      .meta({ description: "digest of the packets it should have; null when there is none" }),
    transaction: shownTransactionSchema.nullable().meta({ description: "the last one" }),
    drift: driftSchema.nullable().optional().meta({ description: "what it said last of its drift" }),
    verify: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "the wish for a look at all contents that it has not answered" }),
    reinstall: z
      .object({ id: z.string(), app: word })
      .nullable()
      .optional()
      .meta({ description: "the app that is to be installed again" }),
    problem: errorSchema.nullable().meta({ description: "why it is not in sync, when that is known" }),
    waits: z.array(waitingForSchema).optional(),
  })
  .meta({ id: "Device" });

export const setDesiredSchema = z
  .strictObject({
    apps: z.array(appSchema).max(10_000),
    policy: policySchema.default({}),
    message: message.default(""),
    revision: count
      .optional()
      .meta({ description: "refused when this is not the revision of the current desired state" }),
    rollout: rolloutChoiceSchema.optional(),
  })
  .meta({ id: "SetDesiredState" });

export const desiredChangeSchema = z
  .object({
    revision: count.meta({ description: "the newest of the fleet that changed what the device should have" }),
    changed: z.boolean().meta({ description: "false when the desired state was the same already" }),
    target: digest,
    steps: z.array(stepSchema).meta({ description: "what the device will do, from what it last reported" }),
    problem: errorSchema.nullable().meta({ description: "why it can do nothing, from what was so before" }),
    warnings: z.array(z.string()).meta({ description: "what is allowed, and probably not meant" }),
    packets: packetTagsSchema.optional(),
  })
  .meta({ id: "DesiredChange" });

export const goSchema = z
  .strictObject({
    breakLock: z
      .boolean()
      .default(false)
      .meta({ description: "also while an application holds the update lock" }),
  })
  .meta({ id: "Go", description: "That a device begin now, whatever its maintenance windows" });

export const goneSchema = z
  .object({
    revision: count.meta({ description: "of the device" }),
    go: z.string().meta({ description: "id of the wish" }),
  })
  .meta({ id: "GoWish" });

export const retrySchema = z
  .object({
    revision: count.meta({ description: "of the device" }),
    transaction: z.string().meta({ description: "id of the failed transaction" }),
  })
  .meta({ id: "Retry" });

export const reinstallSchema = z
  .strictObject({ app: word.min(1) })
  .meta({ id: "Reinstall", description: "An app that is to be installed again, though nothing differs" });

export const reinstallWishSchema = z
  .object({
    reinstall: z.string().meta({ description: "id of the wish; the transaction that answers it names it" }),
    steps: z.array(stepSchema),
    packets: packetTagsSchema.optional(),
  })
  .meta({ id: "ReinstallWish" });

export const verifySchema = z
  .object({
    verify: z.string().meta({ description: "id of the wish; its answer is the event `verified` with it" }),
  })
  .meta({ id: "Verify" });

export const renewDevicesSchema = z
  .strictObject({ ids: z.array(word.min(1)).min(1).max(10_000) })
  .meta({ id: "RenewDevices", description: "Devices that are to renew their certificates now" });

export const renewalsWishedSchema = z
  .object({
    devices: count.meta({ description: "how many are to" }),
    cannot: z.array(word).meta({
      description: "those that are not: unknown, or their agents do not know how, or have not checked in yet",
    }),
  })
  .meta({ id: "RenewalsWished" });

export const adoptSchema = z
  .strictObject({
    ids: z
      .array(word.min(1))
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: "these devices; left out, all that are halted" }),
    keep: z
      .enum(["device", "server"])
      .meta({ description: "who is right: what devices have is wanted, or devices get what is wanted" }),
    dryRun: z.boolean().default(false).meta({ description: "only say what would happen" }),
    message: message.default(""),
    now: nowSchema,
  })
  .meta({ id: "Adopt", description: "What is to become of devices that are halted" });

export const adoptedSchema = z
  .object({
    revision: count.meta({ description: "the newest of the fleet" }),
    devices: count.meta({ description: "how many it is decided for" }),
    connected: count.meta({ description: "how many of these are connected" }),
    ids: z.array(word).meta({ description: "some of them" }),
    refused: z
      .array(z.object({ id: word, problem: errorSchema }))
      .meta({ description: "devices that cannot be given what they have: they stay as they are" }),
    more: count.meta({ description: "such devices that are left out" }),
  })
  .meta({ id: "AdoptedDevices" });

export type Adopt = z.output<typeof adoptSchema>;
export type Adopted = z.infer<typeof adoptedSchema>;
export type DeviceInfo = z.infer<typeof deviceInfoSchema>;
export type Device = z.infer<typeof deviceSchema>;
export type DesiredChange = z.infer<typeof desiredChangeSchema>;
