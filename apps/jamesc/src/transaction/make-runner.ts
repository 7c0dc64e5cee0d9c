import type { Packet } from "@jamesd/model";
import type { Context } from "./context.ts";
import type { Journal } from "./journal/journal.ts";
import { packetLookup } from "./plan/compile.ts";
import { Runner } from "./switch/runner.ts";

/** The runner of the transaction that this journal is of. */
export function makeRunner(context: Context, journal: Journal, packets: readonly Packet[]): Runner {
  const { installRoot, deviceId, systemTags, scriptTimeoutMs, healthcheckTimeoutMs, log } = context.options;
  return new Runner({
    journal,
    root: context.root,
    packets: packetLookup(packets),
    layout: context.layout,
    scripts: { installRoot, deviceId, systemTags, timeoutMs: scriptTimeoutMs, healthcheckTimeoutMs },
    log,
  });
}
