import { z } from "zod";
import { count, digest, word } from "./schema.ts";

/** Schemas of how a device gets its certificate, and another one before that ends. */

/** Bytes that an answer with certificates may have: a device reads them of whoever answers. */
export const MAX_CERTIFICATES_REPLY = 256 * 1024;

/** Several certificates in PEM; a chain of three of RSA 4096 is a tenth of it. */
const pems = z.string().max(64 * 1024);

const request = z
  .string()
  .max(16 * 1024)
  .meta({ description: "a signing request (PKCS #10, RFC 2986) in PEM; its common name is the device's id" });

export const signingRequestSchema = z
  .strictObject({ request })
  .meta({ id: "SigningRequest", description: "What is to be certified" });

export const enrollSchema = z
  .strictObject({
    request,
    token: z
      .strictObject({ id: z.string().max(64), secret: z.string().max(128) })
      .optional()
      .meta({ description: "left out: the request waits for an operator" }),
    systemTags: z
      .array(word)
      .max(1024)
      .optional()
      .meta({ description: "what the device says of itself, for who decides" }),
    version: z.string().max(200).optional().meta({ description: "the agent's version and runtime" }),
  })
  .meta({ id: "Enroll", description: "A device that wants to join" });

const issuedSchema = z
  .object({
    certificate: pems.meta({
      description: "the certificate, and what is between it and its authority, in PEM",
    }),
    authorities: pems.meta({ description: "who vouches for the server from now on, in PEM" }),
    device: word,
  })
  .meta({ id: "Issued", description: "The same request gets the same certificate" });

const waitingRequestSchema = z
  .object({
    state: z.literal("waiting"),
    fingerprint: digest.meta({ description: "SHA-256 of the request's public key (SPKI in DER)" }),
    retryInMs: count.meta({ description: "when to ask again with the same request" }),
  })
  .meta({ id: "WaitingRequest", description: "It is for an operator to decide, or to be signed elsewhere" });

/** What a request for a certificate is answered: 201 with it, or 202. */
export const certificateReplySchema = issuedSchema.or(waitingRequestSchema);

export const authoritiesSchema = z.object({ authorities: pems }).meta({
  id: "Authorities",
  description: "Who vouches for the server, in PEM: for who can tell that by a token",
});

export type Issued = z.infer<typeof issuedSchema>;
export type CertificateReply = z.infer<typeof certificateReplySchema>;
