import { type DeviceState, makePlan, type Step } from "@jamesd/model";
import type { PlanMessage, ScriptRun, Transaction } from "@jamesd/protocol/device";
import type { Random } from "./random.ts";
import type { VirtualDisk } from "./virtual-disk.ts";

/** How one transaction goes. */
export interface Attempt {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly attempt: number;
  /** The chance that it fails. */
  readonly fail: number;
  readonly random: Random;
}

/** Carries a plan out on a disk that has all that it needs: all of it, or, when a script fails, nothing. @throws Error when it is not the plan that the device would make */
export function carryOut(plan: PlanMessage, disk: VirtualDisk, attempt: Attempt): Transaction {
  checkPlan(plan, disk);
  const failing = attempt.random() < attempt.fail ? failingStep(plan.steps, attempt.random) : undefined;
  const ran = failing === undefined ? plan.steps : plan.steps.slice(0, plan.steps.indexOf(failing) + 1);
  if (!failing) disk.install(plan.apps);
  return {
    id: attempt.id,
    target: plan.target,
    revision: plan.revision,
    outcome: failing ? "rolled-back" : "committed",
    started: attempt.started,
    durationMs: Date.now() - attempt.started,
    attempt: attempt.attempt,
    scripts: ran.flatMap((step) => runOf(step, step === failing)),
    ...(plan.reinstall && { reinstall: plan.reinstall.id }),
    ...(failing && {
      error: { code: "SCRIPT_FAILED" as const, message: `${failing.kind} failed`, step: failing },
    }),
  };
}

function checkPlan({ steps, apps, reinstall }: PlanMessage, disk: VirtualDisk): void {
  const own = makePlan(disk.installed, apps, (digest) => disk.packet(digest)?.scripts, reinstall?.app);
  const said = (all: readonly Step[]): string => JSON.stringify(all.map(wordsOf));
  if (said(own.steps) !== said(steps))
    throw new Error(`the plan is ${said(steps)}, and would be ${said(own.steps)}`);
}

function wordsOf(step: Step): readonly string[] {
  return [step.kind, step.kind === "script" ? step.script : "", step.app, step.packet];
}

/** One of the scripts, or, of a packet without any, one of the steps. */
function failingStep(steps: readonly Step[], random: Random): Step | undefined {
  const scripts = steps.filter(({ kind }) => kind === "script");
  const able = scripts.length > 0 ? scripts : steps;
  return able[Math.floor(random() * able.length)];
}

function runOf(step: Step, fails: boolean): readonly ScriptRun[] {
  if (step.kind !== "script") return [];
  const { app, script } = step;
  return [{ app, script, exitCode: fails ? 1 : 0, signal: null, durationMs: 1, output: "", undo: false }];
}

/** What a device has, in the words of a report. */
export function stateOf(disk: VirtualDisk, systemtags: readonly string[]): DeviceState {
  return { systemtags, apps: disk.installed };
}
