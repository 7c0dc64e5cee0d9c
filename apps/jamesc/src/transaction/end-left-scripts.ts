import type { TransactionEvent } from "./event.ts";
import type { JournalRecord } from "./journal/journal-record.ts";
import { Descendants } from "./scripts/descendants.ts";
import { endScript } from "./scripts/end-script.ts";
import { bootId, markOf } from "./scripts/script-process.ts";

/**
 * An agent that was killed left the script that it waited for running, or what that had started, and neither must work on
 * beside its own undo. What a script that had ended left behind stays, as after any script.
 */
export async function endLeftScripts(
  records: readonly JournalRecord[],
  log: (event: TransactionEvent) => void,
): Promise<void> {
  const processes = records.filter((record) => record.record === "process");
  const ended = new Set(processes.filter((process) => process.ended).map(markOf));
  const boot = bootId();
  for (const process of processes) {
    if (process.boot !== boot || ended.has(markOf(process))) continue;
    if (new Descendants(process).look().length === 0) continue;
    log({ event: "end script", process: process.pid });
    await endScript(process);
  }
}
