import type { SavedState } from "./device-state.ts";
import type { JournalRecord } from "./journal-record.ts";

/**
 * What is to be done about what was found at the start (docs/atomic-install.md has it as a table):
 * - "nothing": no transaction was under way;
 * - "clean up": it ended, or had not begun to change the device;
 * - "undo": it was under way;
 * - "lost": it was under way, and the journal that could undo it is gone, or was cut.
 */
export type Verdict = "nothing" | "clean up" | "undo" | "lost";

/** What the journal and state.json say together. `records` is undefined when there is no journal. */
export function judge(
  records: readonly JournalRecord[] | undefined,
  { begun, ended }: Pick<SavedState, "begun" | "ended">,
): Verdict {
  const says = (kind: JournalRecord["record"]): boolean =>
    records?.some(({ record }) => record === kind) ?? false;
  const head = records?.find((record) => record.record === "stage");
  const hasBegun = head !== undefined && says("begin");
  if (begun && !(hasBegun && head.id === begun.id)) return "lost";
  if (records === undefined) return "nothing";
  // Before `begin` nothing was changed.
  if (!hasBegun) return "clean up";
  const outcome = ended?.id === head.id ? ended.outcome : undefined;
  // Undone, perhaps, after a commit whose durability was in doubt.
  const isInDoubt = outcome === "committed" && says("rollback") && !says("clear");
  return outcome === undefined || isInDoubt ? "undo" : "clean up";
}
