/** How a device stands to what it should have. */
export const SYNC_STATUSES = [
  "in-sync",
  "pending",
  "failed",
  "unsatisfiable",
  "halted",
  "doubled",
  "unmanaged",
] as const;

export type SyncStatus = (typeof SYNC_STATUSES)[number];
