import { garbageCollector } from "@jamesd/config/collector";

/** Of Node: it can be told to collect, but not to give back. */
const LAST_THAT_KEEPS = 20;

/**
 * Has V8 collect all garbage now and give the memory back, where it can. By itself it does so when something is allocated,
 * which an agent that waits hardly does: half of what a transaction took stayed.
 */
export function giveBack(): void {
  if (Number.parseInt(process.versions.node, 10) <= LAST_THAT_KEEPS) return;
  garbageCollector()({ type: "major", execution: "sync", flavor: "last-resort" });
}
