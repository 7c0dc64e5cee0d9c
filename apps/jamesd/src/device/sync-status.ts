/** How a device stands to what it should have (docs/terminology.md). */
export type SyncStatus = "in-sync" | "pending" | "failed" | "unsatisfiable" | "halted" | "unmanaged";
