import { isBreached, JamesError, type RolloutState, type RolloutVerb, told } from "@jamesd/model";
import type { Changes } from "../desired/changes.ts";
import type { Rollout, StepRequest } from "../repository/rollout-store.ts";
import type { Ages } from "./ages.ts";
import type { LiveProgress } from "./progress.ts";
import type { RolloutProgress } from "./rollout-progress.ts";
import type { Steps } from "./steps.ts";

/** What people tell a rollout. */
export type RolloutCommand =
  | { readonly kind: "pause" | "revert" }
  /** `wave`: the one that is meant; undefined: whichever waits. */
  | { readonly kind: "approve"; readonly wave?: number | undefined }
  /** `accept`: whoever failed until now counts no more. */
  | { readonly kind: "resume"; readonly accept: boolean }
  | { readonly kind: "promote"; readonly wave: number | "all" };

/** What commands to rollouts work on. */
export interface CommandParts {
  readonly changes: Changes;
  readonly progress: LiveProgress;
  readonly ages: Ages;
  readonly steps: Steps;
}

/** Has rollouts do what people tell them. */
export class Commands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** @throws JamesError ROLLOUT_UNKNOWN, ROLLOUT_STATUS, FOUR_EYES, SCOPE_EXCEEDED */
  tell(revision: number, command: RolloutCommand, request: StepRequest): Promise<void> {
    const { changes, progress, steps } = this.#parts;
    return changes.take(async (judgedAt) => {
      await progress.now();
      const one = progress.of(revision);
      const { rollout } = one ?? (await this.#over(revision));
      await changes.permitSpread([rollout], request);
      if (rollout.packet !== null) await this.#permitPacket(rollout.packet, request);
      const doing = forcedBy(command);
      if (doing) changes.fourEyes.require(request, rollout, doing);
      const excuses = command.kind === "resume" && command.accept ? failedOf(one) : undefined;
      const state = this.#told(rollout, verbOf(command, rollout, !excuses && hasBreach(one)));
      if (command.kind === "approve") requireWave(state, command.wave);
      if (command.kind === "revert") await steps.revert(rollout, state, request, judgedAt);
      else await steps.step(rollout, state, request, { excuses });
    });
  }

  /** One that is not live. @throws JamesError ROLLOUT_UNKNOWN */
  async #over(revision: number): Promise<{ readonly rollout: Rollout }> {
    const rollout = await this.#parts.changes.repository.rollouts.get(revision);
    if (rollout) return { rollout };
    throw unknownRollout(revision);
  }

  async #permitPacket(packet: string, request: StepRequest): Promise<void> {
    const { fleet } = this.#parts.changes;
    const info = fleet.targets.catalogue.get(packet);
    if (info) await fleet.scopes.addition(request, info.name);
  }

  #told(rollout: Rollout, verb: RolloutVerb): RolloutState {
    return told(rollout.state, verb, rollout.settings.waves.length, this.#parts.ages.of(rollout));
  }
}

/** Nothing is known of a rollout. */
export function unknownRollout(revision: number): JamesError {
  return new JamesError("ROLLOUT_UNKNOWN", `revision ${revision} is not spread by a rollout`, {
    hint: "list-rollouts --all shows those that there are.",
  });
}

/** What has more devices get what a rollout spreads although gates, an approval or failures stand against it; undefined: nothing of that. */
function forcedBy(command: RolloutCommand): string | undefined {
  if (command.kind === "resume") return command.accept ? "accept its failures" : undefined;
  return command.kind === "approve" || command.kind === "promote" ? `${command.kind} it` : undefined;
}

function verbOf(command: RolloutCommand, { settings }: Rollout, isBreached: boolean): RolloutVerb {
  if (command.kind === "resume") return { kind: "resume", isBreached };
  if (command.kind !== "promote") return { kind: command.kind };
  return { kind: "promote", wave: command.wave === "all" ? settings.waves.length : command.wave };
}

/** @throws JamesError ROLLOUT_STATUS when it is another wave that would open */
function requireWave({ wave }: RolloutState, meant: number | undefined): void {
  if (meant === undefined || meant === wave) return;
  throw new JamesError("ROLLOUT_STATUS", `wave ${meant} does not wait for an approval, but wave ${wave}`, {
    hint: "See get-rollout.",
  });
}

function hasBreach(one: RolloutProgress | undefined): boolean {
  if (!one) return false;
  const { settings } = one.rollout;
  return one.counts.some((counts) => isBreached(counts, settings));
}

/** The devices that have failed by now, by id. */
function failedOf(one: RolloutProgress | undefined): readonly string[] {
  const failed: string[] = [];
  for (const { id, progress } of one?.devices("") ?? [])
    if (progress === "failed" || progress === "silent") failed.push(id);
  return failed;
}
