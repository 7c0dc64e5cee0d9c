import { HALT_REASONS, ROLLOUT_STATUSES, TROUBLES } from "@jamesd/model";
import { z } from "zod";
import { EVENT_KINDS, isKnownKind } from "./event-kinds.ts";
import { openWord } from "./open-word.ts";
import { count, deviceStateSchema, digest, instant, tags, word } from "./schema.ts";
import { shownTransactionSchema } from "./schema-checkin.ts";
import { documentKeySchema } from "./schema-desired.ts";
import { driftSchema } from "./schema-drift.ts";
import { lockedOutSchema } from "./schema-revocation.ts";

/** Schemas of the event log: what happened, as it was written when it happened. */

const origin = {
  sequence: count.meta({ description: "grows with each event; the cursor of a page" }),
  time: instant,
  author: z.string().meta({ description: "common name of the certificate; for a device, its id" }),
  address: z.string().meta({ description: "IP address that it came from" }),
};
const lock = { locked: lockedOutSchema, reason: z.string(), device: word.optional() };
const certificate = {
  device: word,
  serial: z.string().meta({ description: "serial number of the certificate, in hexadecimal" }),
  issuer: digest.meta({ description: "SHA-256 of its issuer's name" }),
};
const fingerprint = digest.meta({ description: "SHA-256 of the public key" });
const claimed = { name: word.meta({ description: "what it calls itself" }), fingerprint };
const packet = { packet: digest, name: word, tags };
const installed = deviceStateSchema.shape.apps.element;
// Optional: an event that holds all, as most do, says nothing of it.
const omitted = <L extends string>(...lists: readonly [L, ...L[]]) =>
  z
    .partialRecord(z.enum(lists), count)
    .optional()
    .meta({ description: "how many of a list are left out, because there were too many for the log" });
const change = <T extends z.ZodType>(of: T) => z.object({ before: of, after: of });

export const eventSchema = z
  .discriminatedUnion("kind", [
    z.object({ ...origin, kind: z.literal("packet-added"), ...packet }),
    z.object({ ...origin, kind: z.literal("packet-removed"), ...packet }),
    z.object({
      ...origin,
      kind: z.literal("revision"),
      revision: count,
      message: z.string(),
      documents: z.array(documentKeySchema).meta({ description: "the first that it changed" }),
      changed: count.meta({ description: "how many documents it changed" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("rollout"),
      rollout: count.meta({ description: "the revision that it spreads" }),
      step: count.meta({ description: "number of the step; 1: it begins" }),
      status: openWord(ROLLOUT_STATUSES),
      wave: count.meta({ description: "how many waves are open" }),
      waves: count.meta({ description: "how many there are" }),
      trouble: openWord(TROUBLES).optional().meta({ description: "why, when nobody did it" }),
      devices: count.optional().meta({ description: "how many it admitted" }),
      message: z.string(),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-added"),
      device: word,
      agent: z.string(),
      state: deviceStateSchema,
      omitted: omitted("apps", "systemtags"),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-changed"),
      device: word,
      apps: z
        .array(change(installed.nullable()))
        .meta({ description: "the installed apps that are not as before" }),
      systemtags: change(tags).optional(),
      agent: change(z.string()).optional(),
      unmerged: change(z.array(z.string())).optional().meta({
        description: "new versions of configuration files that lie beside edited ones",
      }),
      omitted: omitted("apps", "systemtagsBefore", "systemtagsAfter"),
    }),
    z.object({ ...origin, kind: z.literal("device-removed"), device: word }),
    z.object({
      ...origin,
      kind: z.literal("transaction"),
      device: word,
      transaction: shownTransactionSchema.meta({ description: "with the end of what its scripts said" }),
      omitted: omitted("scripts"),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-halted"),
      device: word,
      reason: openWord(HALT_REASONS),
      revision: count.meta({ description: "what it says that it followed; 0: it says nothing" }),
      newest: count.meta({ description: "the newest revision of the server" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-doubled"),
      device: word,
      addresses: z.array(z.string()).meta({ description: "where its machines check in from" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-adopted"),
      device: word,
      keep: z.enum(["device", "server"]).meta({ description: "who is right" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("device-tagged"),
      device: word,
      tags: change(tags).meta({ description: "what operators gave it" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("retry"),
      device: word,
      failed: z.string().meta({ description: "id of the transaction that is to be tried again" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("go"),
      device: word,
      breakLock: z.boolean().meta({ description: "also while an application holds the update lock" }),
    }),
    z.object({ ...origin, ...lock, kind: z.literal("revoked") }),
    z.object({ ...origin, ...lock, kind: z.literal("unrevoked") }),
    z.object({
      ...origin,
      kind: z.literal("token-made"),
      token: z.string().meta({ description: "id of the token" }),
      uses: count.meta({ description: "how many devices may join by it" }),
      ends: instant,
      name: word.nullable().meta({ description: "the only id that it is for; null: it is not bound to one" }),
      prefix: word.nullable().meta({ description: "what the id begins with; null: whatever" }),
      tags: tags.meta({ description: "given to the devices" }),
    }),
    z.object({ ...origin, kind: z.literal("token-revoked"), token: z.string() }),
    z.object({
      ...origin,
      kind: z.literal("enrollment-waiting"),
      ...claimed,
      token: z.string().nullable().meta({ description: "id of the token that it came with" }),
    }),
    z.object({ ...origin, kind: z.literal("enrollment-approved"), device: word, fingerprint }),
    z.object({ ...origin, kind: z.literal("enrollment-rejected"), ...claimed }),
    z.object({
      ...origin,
      kind: z.literal("device-enrolled"),
      device: word,
      fingerprint,
      token: z
        .string()
        .nullable()
        .meta({ description: "id of the token by which it came; null: an operator approved it" }),
      tags: tags.meta({ description: "given to it" }),
      serial: z.string().meta({ description: "of its certificate, in hexadecimal" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("drift"),
      device: word,
      before: count.meta({ description: "paths that had drifted before" }),
      after: count.meta({ description: "paths that have now; 0: it is gone" }),
      apps: driftSchema.shape.apps,
      paths: driftSchema.shape.paths,
      omitted: omitted("apps", "paths"),
    }),
    z.object({
      ...origin,
      kind: z.literal("reinstall"),
      device: word,
      app: word,
      reinstall: z.string().meta({ description: "id of the wish that the app be installed again" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("verify"),
      device: word,
      verify: z.string().meta({ description: "id of the wish that it look at all contents" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("verified"),
      device: word,
      verify: z.string().meta({ description: "id of the wish" }),
      count: count.meta({ description: "paths where it is not as its packets have it" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("renew"),
      device: word,
      serial: z.string().meta({ description: "serial number of the certificate that is to be renewed" }),
    }),
    z.object({
      ...origin,
      ...certificate,
      kind: z.literal("certificate-issued"),
      ends: instant,
      fingerprint: digest.meta({ description: "SHA-256 of its public key" }),
    }),
    z.object({
      ...origin,
      ...certificate,
      kind: z.literal("certificate-replaced"),
      replaced: z.array(z.string()).meta({ description: "serial numbers of those that count no more" }),
    }),
    z.object({
      ...origin,
      ...certificate,
      kind: z.literal("certificate-cloned"),
      current: z.string().optional().meta({ description: "serial number of the one that counts" }),
    }),
    z.object({
      ...origin,
      kind: z.literal("certificates-end"),
      server: z
        .array(
          z.object({
            use: openWord(["server", "chain", "ca", "device-ca"]),
            subject: z.string(),
            ends: instant,
          }),
        )
        .meta({
          description: "certificates of the server's own files that end within 30 days, or have ended",
        }),
      devices: count.meta({ description: "devices that need another certificate" }),
      ids: z.array(word).meta({ description: "the first of them" }),
    }),
  ])
  .meta({ id: "Event", description: "Something that happened" });

export type Event = z.infer<typeof eventSchema>;

/** An event of a kind that only a later version knows: that it happened can be shown, not what it was. */
export const laterEventSchema = z
  .looseObject({
    ...origin,
    kind: word
      .refine((kind) => !isKnownKind(kind), "is known, and the event is not one")
      .meta({ not: { enum: [...EVENT_KINDS] } }),
  })
  .meta({ id: "LaterEvent", description: "Something of a kind that this version does not know" });
/** An event as it is read. */
export type ShownEvent = Event | z.infer<typeof laterEventSchema>;
