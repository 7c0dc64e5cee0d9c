import type { Event, Rollout, RolloutDevice, ShownEvent, ShownTransaction } from "@jamesd/protocol";
import type { Step } from "./step-line.ts";

/** The kinds of events that say how a rollout went. */
export const KINDS_OF_ROLLOUT = ["transaction", "rollout"] as const;

/** How a rollout went: how many devices it admitted, and of how many the newest transaction carried it out, or did not. */
export interface RolloutLines {
  readonly admitted: readonly Step[];
  readonly done: readonly Step[];
  readonly failed: readonly Step[];
  /** Whose newest transaction did not carry it out, and why. */
  readonly failing: readonly Failing[];
}

type Failing = Pick<RolloutDevice, "id" | "progress" | "problem">;

/**
 * How a rollout went, as the event log has it. A device that was silent or had what it should have before anything was sent
 * leaves no event: these are in the counts of waves.
 * @param events of `KINDS_OF_ROLLOUT`, oldest first
 */
export function rolloutLines(
  { revision, began, steps }: Pick<Rollout, "revision" | "began" | "steps">,
  events: readonly ShownEvent[],
): RolloutLines {
  const newest = new Map<string, ShownTransaction>();
  const lines = { done: [{ time: began, devices: 0 }], failed: [{ time: began, devices: 0 }] };
  const note = (name: "done" | "failed", time: number, devices: number): void => {
    if (lines[name].at(-1)?.devices !== devices) lines[name].push({ time, devices });
  };
  for (const shown of events) {
    const event = shown as Event;
    if (event.kind !== "transaction" || event.transaction.revision !== revision) continue;
    newest.set(event.device, event.transaction);
    const done = [...newest.values()].filter(isDone).length;
    note("done", event.time, done);
    note("failed", event.time, newest.size - done);
  }
  const failing = [...newest].flatMap(([id, transaction]) =>
    isDone(transaction) ? [] : [failingOf(id, transaction)],
  );
  return { admitted: admittedOf(began, steps), ...lines, failing };
}

function isDone({ outcome }: ShownTransaction): boolean {
  return outcome === "committed";
}

function failingOf(id: string, { error }: ShownTransaction): Failing {
  return { id, progress: "failed", problem: error ? { code: error.code, message: error.message } : null };
}

function admittedOf(began: number, steps: Rollout["steps"]): readonly Step[] {
  let devices = 0;
  const line: Step[] = [{ time: began, devices: 0 }];
  for (const step of steps.toSorted((a, b) => a.step - b.step)) {
    if (step.devices === 0) continue;
    devices += step.devices;
    line.push({ time: step.time, devices });
  }
  return line;
}
