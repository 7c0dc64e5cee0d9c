import { parseCount, parsed } from "@jamesd/config";
import { isoTime } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { changesText, errorText } from "../local/past-view.ts";
import { readState } from "../local/read-state.ts";
import { type PastTransaction, readHistory } from "../transaction/journal/history.ts";

/** Lists the transactions that the device remembers. */
export const history = defineCommand({
  name: "history",
  options: { limit: parsed({ value: "N", help: "only the last so many", parse: parseCount }) },
  format: "table",
  async handler({ limit }, { values }) {
    const { layout } = await readState(values.stateDir);
    const all = readHistory(layout.history);
    const shown = all.slice(limit === undefined ? 0 : -limit);
    return {
      data: shown,
      table: {
        columns: ["time", "revision", "outcome", "took", "changes", "error"],
        rows: shown.map((past) => row(past, all[all.indexOf(past) - 1])),
      },
    };
  },
});

function row(past: PastTransaction, before: PastTransaction | undefined): readonly string[] {
  const { started, revision, outcome, durationMs, apps } = past;
  const changes = changesText(before?.apps ?? [], apps);
  return [
    isoTime(started),
    String(revision),
    outcome,
    `${(durationMs / 1000).toFixed(1)} s`,
    changes || "-",
    errorText(past) ?? "-",
  ];
}
