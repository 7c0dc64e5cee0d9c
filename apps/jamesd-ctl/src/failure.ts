import { describeStep, ERROR_CLASSES, isErrorCode, JamesError } from "@jamesd/model";
import type { ScriptRun, ShownTransaction } from "@jamesd/protocol";
import type { Ending } from "./follow.ts";

const LAST_LINES = 20;

/** The error a followed change ended with, undefined when it was carried out. */
export function failureOf({ device, verdict }: Ending): JamesError | undefined {
  switch (verdict.kind) {
    case "done":
      return undefined;
    case "failed":
      return failedError(device.id, verdict.transaction);
    case "unsatisfiable":
      return new JamesError(
        "TRANSACTION_FAILED",
        `${device.id} cannot have what is wanted: ${device.problem?.message ?? "no packet fulfils it"}`,
        { hint: device.problem?.hint },
      );
    case "halted":
      return device.problem
        ? JamesError.fromBody(device.problem)
        : new JamesError("HISTORY_UNKNOWN", `${device.id} is left alone until an operator decides`);
    case "replaced":
      return new JamesError(
        "REVISION_CONFLICT",
        verdict.revision === null
          ? `nobody wants anything for ${device.id} any more`
          : `what ${device.id} should have was replaced by revision ${verdict.revision} meanwhile`,
        { hint: `See jamesd-ctl describe --id ${device.id}.` },
      );
  }
}

/** Lines that show what went wrong on the device: the step, and the script with the end of its output. */
export function explainFailure(id: string, transaction: ShownTransaction): readonly string[] {
  const step = transaction.error?.step;
  const script = failingScript(transaction);
  return [
    ...(step ? [`${id}: failed at: ${describeStep(step)}`] : []),
    ...(script ? scriptLines(script).map((line, i) => (i === 0 ? `${id}: ${line}` : line)) : []),
    `${id}: ${transaction.outcome === "stuck" ? "stuck" : "rolled back"}, attempt ${transaction.attempt}`,
  ];
}

/** Lines that show how a script ended, with the end of its output. */
export function scriptLines(run: ScriptRun): readonly string[] {
  const undoing = run.undo ? ", undoing," : "";
  return [`${run.script} of ${run.app}${undoing} ${howItEnded(run)}`, ...outputLines(run)];
}

function failedError(id: string, { error }: ShownTransaction): JamesError {
  // Whatever the reason's own class is, it happened on the device.
  const code =
    error && isErrorCode(error.code) && ERROR_CLASSES[error.code] === "device"
      ? error.code
      : "TRANSACTION_FAILED";
  return new JamesError(code, `${id}: ${error?.message ?? "the change failed and was rolled back"}`, {
    hint: error?.hint,
  });
}

function failingScript({ scripts, error }: ShownTransaction): ScriptRun | undefined {
  const step = error?.step;
  if (step && step.kind !== "script") return undefined;
  return scripts.findLast(
    (run) => !run.undo && (step ? run.app === step.app && run.script === step.script : run.exitCode !== 0),
  );
}

function howItEnded({ exitCode, signal, output }: ScriptRun): string {
  const end = exitCode === null ? `was ended by ${signal ?? "a signal"}` : `ended with exit code ${exitCode}`;
  return output === "" ? `${end} and said nothing` : `${end}; the end of its output:`;
}

function outputLines({ output }: ScriptRun): readonly string[] {
  if (output === "") return [];
  const lines = output.trimEnd().split("\n");
  return lines.slice(-LAST_LINES).map((line) => `  | ${line}`);
}
