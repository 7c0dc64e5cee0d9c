import { parseCount, parsed } from "@jamesd/config";
import { isoTime } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { errorText } from "../local/past-view.ts";
import { readState } from "../local/read-state.ts";
import { type PastTransaction, readHistory } from "../transaction/journal/history.ts";

/** Prints what happened in the transactions that the device remembers. */
export const log = defineCommand({
  name: "log",
  options: { limit: parsed({ value: "N", help: "only the last so many transactions", parse: parseCount }) },
  format: "table",
  async handler({ limit }, { values }) {
    const { layout } = await readState(values.stateDir);
    const shown = readHistory(layout.history).slice(limit === undefined ? 0 : -limit);
    return {
      data: shown,
      table: { columns: ["time", "what", "said"], rows: shown.flatMap(rowsOf) },
    };
  },
});

function rowsOf(past: PastTransaction): readonly (readonly string[])[] {
  const { started, durationMs, revision, outcome, scripts } = past;
  const said = scripts.flatMap(({ script, app, exitCode, signal, undo, output }) => {
    const ended = exitCode === 0 ? "" : ` ended with ${exitCode ?? signal}`;
    const what = `${undo ? "undo: " : ""}${script} of ${app}${ended}`;
    const lines = output.trimEnd().split("\n");
    return lines.map((line, i) => ["", i === 0 ? what : "", line]);
  });
  return [
    [isoTime(started), `revision ${revision} begins`, ""],
    ...said,
    [isoTime(started + durationMs), outcome, errorText(past) ?? ""],
  ];
}
