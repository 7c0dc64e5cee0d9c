import { DRIFT_KINDS, isName, MAX_DRIFT_APPS, MAX_DRIFT_CHARACTERS, MAX_DRIFT_PATHS } from "@jamesd/model";
import { z } from "zod";
import { count, instant, reportedInstant, word } from "./schema.ts";

/** Schemas of drift: how a device differs from what its packets have. */

const driftPath = z.string().max(4096);
const driftKinds = z.array(z.string().max(32)).max(32);
export const driftSchema = z
  .object({
    count: count.meta({ description: "paths where the device is not as its packets have it, in all" }),
    repairable: count.meta({ description: "how many of these are of packets that want them put right" }),
    apps: z
      .array(z.object({ name: word, count, kinds: z.record(z.string().max(32), count) }))
      .max(MAX_DRIFT_APPS),
    paths: z
      .array(z.object({ app: word, path: driftPath, kinds: driftKinds }))
      .max(MAX_DRIFT_PATHS)
      .meta({
        description: `the first of them; kinds are some of ${DRIFT_KINDS.join(", ")}; later versions may have more`,
      }),
    checked: instant.meta({ description: "when the device looked, by its clock" }),
    full: instant
      .nullable()
      .meta({ description: "since when all contents were compared; null: not all were" }),
  })
  .meta({
    id: "Drift",
    description: "How a device differs from what its packets have; not part of its state",
  });

/** The same as a device reports it: bounded, and with times that there are. */
export const reportedDriftSchema = driftSchema
  .extend({ checked: reportedInstant, full: reportedInstant.nullable() })
  .refine(
    ({ apps, paths }) => [...apps.map(({ name }) => name), ...paths.map(({ app }) => app)].every(isName),
    "has no packet name",
  )
  .refine(({ apps }) => apps.every(({ kinds }) => Object.keys(kinds).length <= 32), "has too many kinds")
  .refine(
    ({ paths }) => paths.reduce((sum, { path }) => sum + path.length, 0) <= MAX_DRIFT_CHARACTERS,
    "names paths that are too long",
  )
  .meta({ id: "ReportedDrift" });

export type Drift = z.infer<typeof driftSchema>;
