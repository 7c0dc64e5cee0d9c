import { JamesError } from "../error.ts";
import { parseWaves, type Wave } from "./waves.ts";

/** Before which waves somebody has to approve: none, the second alone, or each after the first. Waves without devices do not count. */
export const APPROVALS = ["none", "first", "each"] as const;
export type Approval = (typeof APPROVALS)[number];

/** What becomes of a rollout that fails. */
export const ON_FAILURE = ["pause", "revert"] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** How a rollout spreads, and what stops it. Times in milliseconds in which the server ran. */
export interface RolloutSettings {
  readonly waves: readonly Wave[];
  /** Of the devices that were reached, how many have to be done, from 0 to 1. */
  readonly success: number;
  /** More failures than this stop it, from 0 to 1. */
  readonly failures: number;
  /** So long success has to hold before the next wave opens. */
  readonly bakeMs: number;
  /** A device that is unheard for so long has failed. */
  readonly silenceMs: number;
  /** After so long a wave without success is given up. */
  readonly patienceMs: number;
  /** A device has failed only after so many tries. */
  readonly attempts: number;
  /** So many devices may be in between at once; undefined: all. */
  readonly inFlight: number | undefined;
  readonly approve: Approval;
  readonly onFailure: OnFailure;
}

/**
 * True when somebody has to approve the next wave.
 * @param sizes for how many devices each open wave was opened: one after the first that had none opened without an approval
 */
export function needsApproval(
  { approve }: Pick<RolloutSettings, "approve">,
  sizes: readonly number[],
): boolean {
  return approve === "each" || (approve === "first" && sizes.slice(1).every((size) => size === 0));
}

/** What is said of how a rollout spreads; what is left out is as in `ROLLOUT_DEFAULTS`. */
export type GivenRollout = {
  readonly [Name in Exclude<keyof RolloutSettings, "waves">]?: RolloutSettings[Name] | undefined;
} & { readonly waves?: readonly string[] | undefined };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_MS = 365 * 24 * HOUR_MS;

export const ROLLOUT_DEFAULTS: RolloutSettings = {
  waves: parseWaves(["1", "10%", "100%"]),
  success: 0.95,
  failures: 0.05,
  bakeMs: 15 * MINUTE_MS,
  silenceMs: HOUR_MS,
  patienceMs: 24 * HOUR_MS,
  attempts: 1,
  inFlight: undefined,
  approve: "none",
  onFailure: "pause",
};

/** Checks what is said of how a rollout spreads, and leaves out what is not said. @throws JamesError ROLLOUT_INVALID, TAG_INVALID */
export function checkedRollout(given: GivenRollout): GivenRollout {
  parseRollout(given);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Checks how a rollout is to spread. @throws JamesError ROLLOUT_INVALID, TAG_INVALID */
export function parseRollout({ waves, ...given }: GivenRollout): RolloutSettings {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const settings = { ...ROLLOUT_DEFAULTS, ...said, ...(waves && { waves: parseWaves(waves) }) };
  for (const name of ["success", "failures"] as const)
    check(name, settings[name], isShare(settings[name]), "a share from 0% to 100%");
  for (const name of ["bakeMs", "silenceMs", "patienceMs"] as const)
    check(name.slice(0, -2), settings[name], isTime(settings[name]), "a time of at most a year");
  for (const name of ["attempts", "inFlight"] as const)
    check(name, settings[name], isCount(settings[name] ?? 1), "a whole number from 1 on");
  return settings;
}

function check(name: string, value: unknown, isRight: boolean, wanted: string): void {
  if (isRight) return;
  throw new JamesError("ROLLOUT_INVALID", `${name} of a rollout is ${String(value)}`, {
    hint: `Give ${wanted}.`,
  });
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function isTime(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_MS;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
