import { describeStep } from "@jamesd/model";
import type { ScriptRun, ShownTransaction } from "@jamesd/protocol";

const LAST_LINES = 20;

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
