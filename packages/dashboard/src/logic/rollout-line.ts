import type { Rollout, RolloutCounts, RolloutDevice, ShownEvent, ShownTransaction } from "@jamesd/protocol";
import { isEnd } from "./device-story.ts";
import type { Step } from "./step-line.ts";

/** How a rollout went: how many devices it had admitted, and of these how many were done, had failed or were silent. */
export function rolloutLines(
  { began, steps }: Pick<Rollout, "began" | "steps">,
  noted: readonly RolloutCounts[],
): readonly { readonly label: string; readonly points: readonly Step[] }[] {
  const line = (label: "done" | "failed" | "silent") => {
    const points = noted.map(({ time, counts }) => ({ time, devices: counts[label] }));
    return { label, points: [{ time: began, devices: 0 }, ...points] };
  };
  const admitted = { label: "admitted", points: admittedOf(began, steps) };
  return [line("done"), admitted, line("failed"), line("silent")];
}

/** The devices whose newest transaction of a revision did not carry it out, and why. @param events of transactions, oldest first */
export function failingOf(
  revision: number,
  events: readonly ShownEvent[],
): readonly Pick<RolloutDevice, "id" | "progress" | "problem">[] {
  const newest = new Map<string, ShownTransaction>();
  for (const event of events)
    if (isEnd(event) && event.transaction.revision === revision) newest.set(event.device, event.transaction);
  return [...newest].flatMap(([id, { outcome, error }]) =>
    outcome === "committed"
      ? []
      : [{ id, progress: "failed", problem: error ? { code: error.code, message: error.message } : null }],
  );
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
