import {
  APPROVALS,
  DOCUMENT_KINDS,
  MAX_WAVES,
  ON_FAILURE,
  PROGRESS,
  ROLLOUT_STATUSES,
  TROUBLES,
} from "@jamesd/model";
import { z } from "zod";
import { openWord } from "./open-word.ts";
import { count, digest, errorSchema, instant, message, tags, word } from "./schema.ts";

/** Schemas of rollouts: revisions that spread in waves. */

const wave = word.meta({ description: "tag:NAME, so many devices, or so many of a hundred in all: 10%" });
const share = z.number().min(0).max(1);
const length = count.meta({ description: "milliseconds in which the server ran" });

export const rolloutPlanSchema = z
  .strictObject({
    waves: z
      .array(wave)
      .min(1)
      .max(MAX_WAVES + 1)
      .optional()
      .meta({
        description: "a last one of everybody is added, and does not count; 1, 10%, 100% when left out",
      }),
    success: share.optional().meta({ description: "of the devices reached, how many have to be done; 0.95" }),
    failures: share.optional().meta({ description: "more failures than this stop it; 0.05" }),
    bakeMs: length.optional().meta({ description: "so long success has to hold; 15 minutes" }),
    silenceMs: length.optional().meta({ description: "unheard for so long is failed; 1 hour" }),
    patienceMs: length
      .optional()
      .meta({ description: "after so long a wave without success is given up; 24 hours" }),
    attempts: count.min(1).optional().meta({ description: "a device has failed after so many; 1" }),
    inFlight: count.min(1).optional().meta({ description: "so many may be in between at once; all" }),
    approve: z
      .enum(APPROVALS)
      .optional()
      .meta({ description: "before which waves somebody has to approve; none" }),
    onFailure: z.enum(ON_FAILURE).optional().meta({ description: "what becomes of it when it fails; pause" }),
  })
  .meta({
    id: "RolloutPlan",
    description: "How a rollout spreads, and what stops it; what is left out is as said",
  });

const now = z
  .boolean()
  .meta({ description: "everybody at once, also where a rollout is live or more change than may at once" });

export const rolloutChoiceSchema = z
  .strictObject({
    plan: rolloutPlanSchema
      .optional()
      .meta({ description: "spread it in waves; left out, as the specs say that change" }),
    supersede: z
      .boolean()
      .default(false)
      .meta({ description: "take the place of live rollouts of the same documents" }),
    now: now.default(false),
    again: z.boolean().default(false).meta({ description: "also what a rollout brought that was reverted" }),
  })
  .meta({ id: "RolloutChoice", description: "How a change gets to devices: at once, when left out" });

/** Of a change that cannot spread in waves. */
export const nowSchema = now.optional();

export const plannedWavesSchema = z
  .array(z.object({ wave, devices: count }))
  .meta({ description: "whom each wave would admit, as the fleet is now" });

/** What a document says beside what it says to those that are not admitted. */
export const documentRolloutSchema = z
  .object({
    revision: count.meta({ description: "of the rollout that spreads it" }),
    stable: count.meta({ description: "what those have that it does not admit yet; 0: nothing" }),
  })
  .meta({ id: "DocumentRollout", description: "The document spreads in waves" });

export const waitingForSchema = z
  .object({
    revision: count.meta({ description: "of a rollout that does not admit the device yet" }),
    wave: count.nullable().meta({ description: "which it will be in, as the fleet is now; from 1 on" }),
  })
  .meta({ id: "WaitingFor", description: "A rollout that would change what the device should have" });

/** What became of the rollout of a revision. */
export const rolloutStandingSchema = z
  .object({
    status: openWord(ROLLOUT_STATUSES),
    wave: count.meta({ description: "how many waves are open" }),
    waves: count,
    endedBy: count
      .nullable()
      .meta({ description: "the revision that reverted it or took its place; null: none did" }),
  })
  .meta({ id: "RolloutStanding" });

const countsSchema = z
  .object(Object.fromEntries(PROGRESS.map((name) => [name, count])) as Record<Progress, typeof count>)
  .meta({ id: "WaveCounts", description: "how many devices of waves are where" });
type Progress = (typeof PROGRESS)[number];

export const rolloutInfoSchema = z
  .object({
    revision: count.meta({ description: "that it spreads" }),
    ...rolloutStandingSchema.shape,
    trouble: openWord(TROUBLES)
      .nullable()
      .meta({ description: "why it stands still or went back without somebody's doing" }),
    author: z.string(),
    message: z.string(),
    began: instant,
    stepped: instant.meta({ description: "of its newest step" }),
    stepAuthor: z.string(),
    stepMessage: z.string(),
    documents: z.array(
      z.object({ kind: z.enum(DOCUMENT_KINDS), id: word, stable: documentRolloutSchema.shape.stable }),
    ),
    changed: count.meta({ description: "how many documents it spreads, of which the first are named" }),
    packet: digest.nullable().meta({ description: "of one that spreads a packet, not documents" }),
    supersedes: z.array(count).meta({ description: "those whose place it took" }),
    admitted: count.meta({ description: "for how many devices its waves were opened" }),
    counts: countsSchema
      .nullable()
      .meta({ description: "of these; of one that is over as they were counted last; null: not known" }),
  })
  .meta({ id: "RolloutInfo" });

const waveSchema = z
  .object({
    wave,
    devices: count.nullable().meta({
      description: "whom it was opened for; of one that is not open as the fleet is now; null: not known",
    }),
    counts: countsSchema.nullable().meta({
      description: "of an open one; of a rollout that is over as they were counted last; null: not known",
    }),
    excused: count.meta({ description: "those that are not counted, as an operator said" }),
    opened: instant.nullable(),
    passed: instant.nullable().meta({ description: "when the next one was opened, or it finished" }),
  })
  .meta({ id: "RolloutWave" });

const nextSchema = z
  .object({
    wave: count.nullable().meta({ description: "that opens, from 1 on; null: it finishes" }),
    inMs: length.nullable().meta({ description: "so long success has still to hold; null: it does not" }),
    needsApproval: z.boolean(),
    mayFail: count.meta({ description: "more failures in its newest wave are a breach" }),
  })
  .meta({ id: "NextStep", description: "What a rollout does when its newest wave has proved itself" });

export const rolloutSchema = rolloutInfoSchema
  .extend({
    settings: rolloutPlanSchema.required().extend({
      inFlight: count.nullable(),
      approve: openWord(APPROVALS),
      onFailure: openWord(ON_FAILURE),
    }),
    step: count.meta({ description: "number of its newest step" }),
    perWave: z.array(waveSchema),
    counted: instant
      .nullable()
      .meta({ description: "of one that is over, when its devices were counted last; null: never" }),
    baking: z
      .object({ heldMs: length, ofMs: length })
      .nullable()
      .meta({ description: "for how long success holds; null: it does not" }),
    next: nextSchema.nullable().meta({ description: "null: nothing, it is over" }),
    steps: z.array(
      z
        .object({
          step: count,
          status: openWord(ROLLOUT_STATUSES),
          wave: count,
          trouble: openWord(TROUBLES).nullable(),
          devices: count.meta({ description: "how many it admitted" }),
          author: z.string(),
          message: z.string(),
          time: instant,
        })
        .meta({ id: "RolloutStep" }),
    ),
  })
  .meta({ id: "Rollout", description: "A revision that spreads in waves, and how far it is" });

export const rolloutCountsSchema = z
  .object({ time: instant, counts: countsSchema })
  .meta({ id: "RolloutCounts", description: "How many devices of open waves were where at a time" });

const namedPacket = z.object({ digest, tags }).nullable();

export const rolloutPacketSchema = z
  .object({
    name: word,
    from: namedPacket.meta({ description: "what they have without it; null: nothing of the name" }),
    to: namedPacket.meta({ description: "what they get; null: nothing of the name any more" }),
    devices: count.meta({ description: "how many it is for, also those that have it by now" }),
  })
  .meta({ id: "RolloutPacket", description: "A packet that a live rollout brings" });

export const rolloutDeviceSchema = z
  .object({
    id: word,
    wave: count.meta({ description: "from 1 on" }),
    progress: openWord(PROGRESS),
    excused: z.boolean().meta({ description: "it does not count, as an operator said" }),
    connected: z.boolean(),
    lastSeen: instant.nullable(),
    problem: errorSchema.nullable().meta({ description: "why it is not in sync, when that is known" }),
  })
  .meta({ id: "RolloutDevice", description: "A device of an open wave" });

/** What is said to a rollout. */
export const rolloutWordSchema = z.strictObject({ message: message.default("") }).meta({ id: "RolloutWord" });

export const resumeRolloutSchema = z
  .strictObject({
    accept: z.boolean().default(false).meta({ description: "excuse the devices that failed so far" }),
    message: message.default(""),
  })
  .meta({ id: "ResumeRollout" });

export const approveRolloutSchema = z
  .strictObject({
    wave: count
      .min(1)
      .optional()
      .meta({ description: "refused when another one waits to be approved; whichever waits, when left out" }),
    message: message.default(""),
  })
  .meta({ id: "ApproveRollout" });

export const promoteRolloutSchema = z
  .strictObject({
    wave: count
      .min(1)
      .optional()
      .meta({ description: "open all waves up to this one, whatever the gates say; all when left out" }),
    message: message.default(""),
  })
  .meta({ id: "PromoteRollout" });

export const rolloutRetrySchema = z
  .object({
    retried: count.meta({ description: "devices that failed and are to try again" }),
    waits: z.boolean().meta({ description: "it is paused: they try again when it goes on" }),
  })
  .meta({ id: "RolloutRetry" });

export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;
export type RolloutChoice = z.infer<typeof rolloutChoiceSchema>;
export type RolloutInfo = z.infer<typeof rolloutInfoSchema>;
export type Rollout = z.infer<typeof rolloutSchema>;
export type RolloutCounts = z.infer<typeof rolloutCountsSchema>;
export type RolloutPacket = z.infer<typeof rolloutPacketSchema>;
export type RolloutDevice = z.infer<typeof rolloutDeviceSchema>;
export type RolloutStanding = z.infer<typeof rolloutStandingSchema>;
export type WaitingFor = z.infer<typeof waitingForSchema>;
