import { z } from "zod";
import { openWord } from "./open-word.ts";
import { count, digest, installedAppSchema, tags, word } from "./schema.ts";
import { SYNC_STATUSES } from "./sync-status.ts";

/** Schemas of how the fleet is as a whole. */

export const summarySchema = z
  .object({
    revision: count.meta({ description: "the newest of the fleet" }),
    devices: count.meta({ description: "known devices" }),
    connected: count,
    sync: z.record(word, count).meta({
      description: `devices by how each stands to what it should have: ${SYNC_STATUSES.join(", ")}`,
    }),
    drifted: count.meta({ description: "devices that say that something is not as their packets have it" }),
    lateCertificates: count.meta({
      description: "devices whose certificates were not renewed when they should have been",
    }),
    tags: z
      .array(z.object({ tag: word, devices: count }))
      .meta({ description: "how many devices have each tag; the most frequent" }),
    moreTags: count.meta({ description: "tags that are left out" }),
    packets: z
      .array(z.object({ name: word, tags, digest, devices: count }).meta({ id: "InstalledPacket" }))
      .meta({ description: "on how many devices each packet is installed; the most frequent" }),
    morePackets: count.meta({ description: "packets that are left out" }),
  })
  .meta({ id: "Summary", description: "How the fleet is, some seconds old at the most where it is large" });

/** So many devices are in one answer with columns. */
export const MAX_COLUMNS = 100_000;

const place = (list: string) =>
  z.array(count).meta({ description: `the place in \`${list}\` of what each has` });

export const deviceColumnsSchema = z
  .object({
    time: count.meta({ description: "when they were so, in seconds since the epoch" }),
    ids: z.array(word),
    seen: z.array(count).meta({ description: "how many seconds before `time` each was seen last" }),
    revision: z.array(count).meta({
      description: "the newest of the fleet that changed what each should have; 0: nobody wants anything",
    }),
    state: place("states"),
    tags: place("tagLists"),
    apps: place("appLists"),
    states: z.array(
      z.object({
        sync: openWord(SYNC_STATUSES),
        connected: z.boolean(),
        drifted: z
          .boolean()
          .nullable()
          .meta({ description: "somewhere it is not as its packets have it; null: it does not say" }),
        late: z.boolean().meta({ description: "the certificate was not renewed when it should have been" }),
      }),
    ),
    tagLists: z.array(tags).meta({ description: "tags of devices' own, and given ones" }),
    appLists: z.array(z.array(installedAppSchema)),
    more: z.boolean().meta({ description: "there are devices after the last of these" }),
  })
  .meta({
    id: "DeviceColumns",
    description:
      "Devices by id, in columns: each has the same place in all of them; the next page is after the last id",
  });

export type DeviceColumns = z.infer<typeof deviceColumnsSchema>;
export type Summary = z.infer<typeof summarySchema>;
