import { clip, isOfRemoval, JamesError } from "@jamesd/model";
import type { ScriptOperation } from "../journal/operation.ts";
import type { ScriptResult } from "../scripts/script.ts";

/** Of what a script said last so much is told: it may be one line without end. */
const MOST_WORDS = 200;
const LET_GO = " With `removal: forced` in the desired state the packet goes all the same.";

/** Why a script that did not end with 0 fails the transaction. @returns SCRIPT_TIMEOUT or SCRIPT_FAILED */
export function scriptError(
  { script, app }: ScriptOperation,
  { exitCode, signal, timedOut, output }: ScriptResult,
  timeoutMs: number,
): JamesError {
  const what = `${script} of ${app}`;
  const detail = { hint: scriptHint(output, isOfRemoval(script) ? LET_GO : "") };
  return timedOut
    ? new JamesError("SCRIPT_TIMEOUT", `${what} took longer than ${timeoutMs / 1000} s`, detail)
    : new JamesError("SCRIPT_FAILED", `${what} ended with ${signal ?? `exit code ${exitCode}`}`, detail);
}

/** What to do about a script that failed, and what else may be done, with what it wrote last. */
export function scriptHint(output: string, otherwise = ""): string {
  // What shows how far it has come begins its line anew.
  const line = output
    .trimEnd()
    .split(/[\r\n]/)
    .at(-1);
  const words = line ? `Its last words were: ${clip(line, MOST_WORDS)}` : "It wrote nothing.";
  return `Mend it, or what it needs on the device.${otherwise} ${words}`;
}
