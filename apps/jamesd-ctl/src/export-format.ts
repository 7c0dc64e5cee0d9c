import type { Digest, FileEntry, Packet } from "@jamesd/model";

/** The file that says what an export is, and that it is one. */
export const MARK = "jamesd-export.json";
/** The form of export that this version writes and reads. */
export const FORMAT = 1;

export function blobName(digest: Digest): string {
  return `blobs/${digest}`;
}

/** The name of a packet's file: packets are numbered in the order in which they were uploaded. */
export function packetName(number: number, { digest }: Packet): string {
  return `packets/${String(number).padStart(8, "0")}-${digest}.json`;
}

/** A plain file of an export. */
export function fileEntry(path: string, size: number, digest: Digest): FileEntry {
  return { type: "file", path, mode: 0o644, uid: 0, gid: 0, size, digest };
}
