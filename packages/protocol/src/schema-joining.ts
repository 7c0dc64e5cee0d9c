import { z } from "zod";
import { openWord } from "./open-word.ts";
import { count, digest, instant, tags, word } from "./schema.ts";

/** Schemas of how operators let devices join. */

/** Longest life of a token, and of what is expected, in milliseconds: ten years. */
const MAX_LIFE_MS = 10 * 366 * 86_400_000;
const life = z.int().min(1).max(MAX_LIFE_MS);
/** Devices that may join by one token. */
const MAX_USES = 1_000_000;

const id = word.min(1);
const fingerprint = digest.meta({ description: "SHA-256 of the public key (SPKI in DER)" });
const scope = {
  id: id.nullable().meta({ description: "the only device that it is for; null: it is not bound to one" }),
  prefix: id.nullable().meta({ description: "what the device's id begins with; null: whatever" }),
  tags: tags.meta({ description: "given to the devices" }),
};

export const makeTokenSchema = z
  .strictObject({
    forMs: life.meta({ description: "how long it is good, in milliseconds" }),
    uses: z.int().min(1).max(MAX_USES).default(1),
    id: scope.id.default(null),
    prefix: scope.prefix.default(null),
    tags: scope.tags.default([]),
  })
  .meta({ id: "MakeEnrollToken", description: "A token by which devices are to join" });

const shown = {
  token: z.string().meta({ description: "its id, which is no secret" }),
  ...scope,
  uses: count.meta({ description: "how many devices may join by it" }),
  used: count.meta({ description: "how many have" }),
  ends: instant,
  lastUsed: instant.nullable().meta({ description: "when a device joined by it last; null: none has" }),
  author: z.string(),
  address: z.string(),
  time: instant,
};

export const enrollTokenSchema = z
  .object(shown)
  .meta({ id: "EnrollToken", description: "A token, without its secret" });

export const madeTokenSchema = z
  .object({
    ...shown,
    secret: z.string().meta({
      description: "the token as the device is told it: `ID.SECRET.SHA256`; nobody can ask for it again",
    }),
    port: z
      .int()
      .nullable()
      .meta({ description: "where devices ask to join; null: this server has no place for it" }),
  })
  .meta({ id: "MadeEnrollToken", description: "A token with its secret" });

export const enrollmentSchema = z
  .object({
    id,
    fingerprint,
    state: openWord(["waiting", "approved", "rejected"]),
    request: z
      .string()
      .nullable()
      .meta({ description: "the signing request in PEM; null: it has not asked yet" }),
    tags: scope.tags,
    token: z.string().nullable().meta({ description: "id of the token that it came with" }),
    taken: z.boolean().meta({ description: "a device of that name is known with another key" }),
    address: z.string().meta({ description: "where it asked from" }),
    time: instant,
    ends: instant.meta({ description: "when it is forgotten" }),
  })
  .meta({
    id: "Enrollment",
    description: "Somebody who wants to join and has no certificate yet, or is expected",
  });

export const approveSchema = z
  .strictObject({
    id,
    fingerprint,
    tags: scope.tags.default([]),
    expected: z.boolean().default(false).meta({ description: "it need not have asked yet" }),
    forMs: life.optional().meta({ description: "how long it is expected, in milliseconds" }),
  })
  .meta({ id: "ApproveEnrollment", description: "Whom to let in" });

export const rejectSchema = z
  .strictObject({ id, fingerprint })
  .meta({ id: "RejectEnrollment", description: "Whom not to let in" });

export const addCertificateSchema = z
  .strictObject({
    certificate: z
      .string()
      .max(16 * 1024)
      .meta({ description: "in PEM" }),
  })
  .meta({ id: "AddCertificate", description: "A certificate that was signed elsewhere" });

export const addedCertificateSchema = z
  .object({ id, fingerprint, ends: instant })
  .meta({ id: "AddedCertificate" });

export type EnrollToken = z.infer<typeof enrollTokenSchema>;
export type MadeEnrollToken = z.infer<typeof madeTokenSchema>;
export type Enrollment = z.infer<typeof enrollmentSchema>;
