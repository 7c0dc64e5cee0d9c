import type { ArchiveLimits } from "@jamesd/archive/safe-path";

/** An entry as JSON, on average of many: its digest and numbers take some 200 bytes, the rest is for its path. */
const ENTRY_BYTES = 512;
/** Name, tags, scripts and configuration files. */
const REST_BYTES = 1024 * 1024;

/** Bytes that the text of a packet may have on this device: a hostile server's must not fill its memory. */
export function manifestBytes({ entries }: ArchiveLimits): number {
  return entries * ENTRY_BYTES + REST_BYTES;
}
