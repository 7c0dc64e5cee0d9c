import { z } from "zod";
import { digest, instant, word } from "./schema.ts";

/** Schemas of who is locked out. */

const serial = z
  .string()
  .regex(
    /^[1-9a-f][0-9a-f]{0,63}$/,
    "is not a serial number in lower-case hexadecimal digits without leading zeros",
  )
  .meta({ description: "of a certificate, in hexadecimal" });
const name = word.min(1).meta({ description: "common name: every certificate of it" });
const devicesOnly = z.literal(true).optional().meta({
  description: "of the name only devices, as whoever has a scope locks out; a person may have it as well",
});
const issuer = digest
  .nullable()
  .meta({ description: "SHA-256 of the name of the certificate's issuer in DER; null: of whichever issuer" });

/** Whom a lock keeps out. */
export const lockedOutSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("name"), name, devicesOnly }),
    z.strictObject({ kind: z.literal("certificate"), serial, issuer }),
  ])
  .meta({ id: "LockedOut", description: "Every certificate of a name, or one certificate" });

export const revokeSchema = z
  .strictObject({ locked: lockedOutSchema, reason: z.string().max(1024).default("") })
  .meta({ id: "Revoke", description: "Whom to lock out, and why" });

export const unrevokeSchema = z
  .strictObject({ locked: lockedOutSchema })
  .meta({ id: "Unrevoke", description: "Whom to let in again" });

export const revocationSchema = z
  .object({
    locked: lockedOutSchema,
    reason: z.string(),
    author: z.string().meta({ description: "common name of the certificate of who locked it out" }),
    address: z.string().meta({ description: "IP address that it came from" }),
    time: instant,
    holders: z
      .array(
        z.object({
          device: word,
          fingerprint: digest.meta({ description: "SHA-256 of the public key (SPKI in DER)" }),
        }),
      )
      .optional()
      .meta({
        description:
          "in the list, of one certificate: whose it is, of those that were issued here; left out when that is not known",
      }),
  })
  .meta({ id: "Revocation", description: "Somebody who is locked out" });

export type LockedOut = z.infer<typeof lockedOutSchema>;
export type Revocation = z.infer<typeof revocationSchema>;
