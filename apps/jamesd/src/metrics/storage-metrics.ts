import { statfs } from "node:fs/promises";
import { sizeOf } from "@jamesd/disk";
import { databaseFile } from "../data/stores.ts";
import type { Families, Readings } from "./family.ts";

/** Where it is kept. */
export const STORAGE_FAMILIES = {
  jamesd_database_size_bytes: {
    type: "gauge",
    help: "size of the database: of its file, and of the log (wal) beside it",
    labels: ["part"],
  },
  jamesd_data_free_bytes: {
    type: "gauge",
    help: "what is free for jamesd on the file system of the data folder",
    labels: [],
  },
  jamesd_data_size_bytes: { type: "gauge", help: "size of that file system", labels: [] },
} as const satisfies Families;

/** Reads them, of a data folder. */
export function storageReadings(data: string): Readings<typeof STORAGE_FAMILIES> {
  const file = databaseFile(data);
  return {
    jamesd_database_size_bytes: () => [
      { labels: { part: "file" }, value: sizeOf(file) },
      { labels: { part: "wal" }, value: sizeOf(`${file}-wal`) },
    ],
    jamesd_data_free_bytes: async () => {
      const { bavail, bsize } = await statfs(data);
      return bavail * bsize;
    },
    jamesd_data_size_bytes: async () => {
      const { blocks, bsize } = await statfs(data);
      return blocks * bsize;
    },
  };
}
