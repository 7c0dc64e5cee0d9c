import {
  DAYS,
  DRIFT_POLICIES,
  FORMATS,
  isDigest,
  MAX_CONFIRM_SECONDS,
  MAX_WINDOWS,
  type Numbered,
  OWNERS_POLICIES,
  REMOVAL_POLICIES,
  UNOWNED_POLICIES,
  type Window,
} from "@jamesd/model";
import { z } from "zod";

/**
 * Schemas of what the nouns on the wire have in common; each noun has a file of its own (schema-*.ts). A schema validates,
 * gives the type, and is the OpenAPI description.
 */

export const digest = z
  .string()
  .refine(isDigest, "is not a SHA-256 in 64 lower-case hexadecimal digits")
  .meta({ pattern: "^[0-9a-f]{64}$" });
// Tags and names get their own errors from the model (parseTags, parseName); here only what keeps memory bounded.
export const word = z.string().max(1024);
export const tags = z.array(word).max(1024);
export const count = z.int().min(0);
/** Why something is changed, as its author says. */
export const message = z.string().max(10_000);
/** The number of the form of something that has one. */
export const formatOf = (what: Numbered) =>
  z.literal(FORMATS[what]).optional().meta({
    description:
      "left out by who knows only the first; a larger number is of a form that is read in another way",
  });
export const instant = z.int().meta({ description: "milliseconds since 1970-01-01T00:00:00Z" });
/** The last time that `Date` knows (ECMA-262, section 21.4.1.1). */
const MAX_INSTANT = 8.64e15;
/** The same as a device reports it, by whatever its clock says. */
export const reportedInstant = instant.min(-MAX_INSTANT).max(MAX_INSTANT);
/** How far the clock of a device is from that of the server, in milliseconds. */
export const clockOff = z
  .int()
  .min(-2 * MAX_INSTANT)
  .max(2 * MAX_INSTANT);

export const errorSchema = z
  .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
  .meta({ id: "Error", description: "What went wrong; the codes are in docs/errors.md" });

const windowSchema = z
  .strictObject({
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .max(7)
      .optional()
      .meta({ description: "on which it begins; every day when left out" }),
    from: z.string().max(5).meta({ description: "a time of day, such as 22:00" }),
    to: z.string().max(5).meta({ description: "of the next day when it is not later than `from`" }),
    zone: z
      .string()
      .max(64)
      .optional()
      .meta({ description: "of the IANA database; the device's when left out" }),
  })
  .meta({ id: "Window", description: "A time in which devices may change" });
/** Windows of one document: one of them must be open. */
export const windowsSchema: z.ZodType<readonly Window[], readonly Window[]> = z
  .array(windowSchema)
  .min(1)
  .max(MAX_WINDOWS);

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
    owners: z
      .enum(OWNERS_POLICIES)
      .optional()
      .meta({ description: "whether files get the owners that the packet gives them; keep when left out" }),
    drift: z.enum(DRIFT_POLICIES).optional().meta({
      description: "what becomes of files that are no longer as a packet has them; report when left out",
    }),
    removal: z.enum(REMOVAL_POLICIES).optional().meta({
      description:
        "whether prerm and postrm of what goes have to succeed, may fail, or are not run; strict when left out",
    }),
    window: windowsSchema.or(z.literal("always")).optional().meta({
      description: "when the device may change; of a device's own `always` counts more than windows of specs",
    }),
  })
  .meta({ id: "Policy", description: "How a transaction is to be done" });

/** What a packet may ask for: it does not say when, nor how it goes. */
export const packetPolicySchema = policySchema
  .omit({ removal: true, window: true })
  .meta({ id: "PacketPolicy" });

export const appSchema = z.strictObject({ name: word, tags: tags.default([]) }).meta({ id: "App" });
export const installedAppSchema = z.object({ name: word, tags, digest }).meta({ id: "InstalledApp" });
export const deviceStateSchema = z
  .object({ systemtags: tags, apps: z.array(installedAppSchema).max(10_000) })
  .meta({ id: "DeviceState" });
