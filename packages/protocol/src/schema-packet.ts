import { SCRIPT_NAMES } from "@jamesd/model";
import { z } from "zod";
import { count, digest, formatOf, instant, message, packetPolicySchema, tags, word } from "./schema.ts";
import { rolloutChoiceSchema } from "./schema-rollout.ts";

/** Schemas of packets, their uploads, deltas and bundles. */

const entryBase = { path: z.string().max(4096), uid: count, gid: count };
const entrySchema = z
  .discriminatedUnion("type", [
    z.object({
      ...entryBase,
      type: z.literal("file"),
      mode: count.max(0o7777),
      size: count,
      digest,
      capability: z
        .string()
        .regex(/^[0-9a-f]{40}$/)
        .optional()
        .meta({ description: "file capabilities: the attribute security.capability in hexadecimal digits" }),
      sameAs: z
        .string()
        .max(4096)
        .optional()
        .meta({ description: "of a hard link: the first path of the file that it is" }),
    }),
    z.object({ ...entryBase, type: z.literal("directory"), mode: count.max(0o7777) }),
    z.object({ ...entryBase, type: z.literal("symlink"), target: z.string().max(4096) }),
  ])
  .meta({ id: "Entry" });

const paths = z.array(z.string().max(4096)).max(10_000);
const scriptRef = z.object({ digest, size: count });
export const packetSchema = z
  .object({
    format: formatOf("packet"),
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
    conffiles: paths.default([]).meta({ description: "files that people edit on the device" }),
    volatile: paths
      .default([])
      .meta({ description: "what its scripts are known to write: it never is drift" }),
    policy: packetPolicySchema.default({}),
    setid: z
      .boolean()
      .default(false)
      .meta({ description: "true when it may hold setuid and setgid files, and such with capabilities" }),
    agent: z
      .boolean()
      .default(false)
      .meta({ description: "true when it may replace what an agent itself runs by" }),
  })
  .meta({ id: "Packet", description: "An immutable packet; its digest is that of its canonical content" });

export const deltaSchema = z
  .object({
    format: formatOf("delta"),
    digest: digest.meta({ description: "of the delta, which is a blob" }),
    size: count,
  })
  .meta({ id: "Delta" });

export const wholeBundleSchema = z
  .object({
    format: formatOf("bundle"),
    digest: digest.meta({ description: "of the bundle, which is a blob" }),
    size: count,
  })
  .meta({ id: "WholeBundle" });

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

export const pathPageSchema = z
  .object({
    found: z.array(
      z
        .object({
          digest,
          name: word,
          tags,
          entry: entrySchema,
          devices: count.meta({ description: "how many have it installed" }),
          ids: z.array(word).meta({ description: "some of them" }),
        })
        .meta({ id: "PathOwner", description: "A packet that has a path" }),
    ),
    after: count
      .optional()
      .meta({ description: "to be asked for the rest with; left out when that was all" }),
  })
  .meta({ id: "PathPage" });

export const addPacketSchema = z
  .strictObject({
    name: word,
    tags,
    upload: digest.meta({ description: "SHA-256 of the archive, uploaded before under this name" }),
    scripts: z
      .partialRecord(z.enum(SCRIPT_NAMES), z.base64().max(4 * 1024 * 1024))
      .default({})
      .meta({ description: "script contents in base64" }),
    conffiles: paths.default([]),
    volatile: paths.default([]),
    policy: packetPolicySchema.default({}),
    setid: z
      .boolean()
      .default(false)
      .meta({ description: "allow setuid and setgid files, and such with capabilities" }),
    agent: z
      .boolean()
      .default(false)
      .meta({ description: "allow replacing an agent's program, configuration, certificates and key" }),
    deltaFrom: z
      .array(digest)
      .max(8)
      .optional()
      .meta({ description: "packets of the same name from which deltas are made at once, after the answer" }),
    rollout: rolloutChoiceSchema.optional(),
    message: message.optional().meta({ description: "of the rollout, why" }),
  })
  .meta({ id: "AddPacket" });

export const addedPacketSchema = z
  .object({
    packet: packetInfoSchema,
    created: z.boolean().meta({ description: "false when the same packet was there" }),
    warnings: z
      .array(z.string())
      .default([])
      .meta({ description: "what is allowed in the archive, and probably not meant" }),
    rollout: count.optional().meta({ description: "the revision by which it spreads in waves" }),
  })
  .meta({ id: "AddedPacket" });

export const uploadSchema = z
  .object({ offset: count.meta({ description: "bytes the server holds durably" }) })
  .meta({ id: "Upload" });

export type PacketInfo = z.infer<typeof packetInfoSchema>;
export type AddPacket = z.infer<typeof addPacketSchema>;
export type AddedPacket = z.infer<typeof addedPacketSchema>;
export type Delta = z.infer<typeof deltaSchema>;
export type PathPage = z.infer<typeof pathPageSchema>;
