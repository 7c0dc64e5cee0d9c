import {
  choice,
  type FlagValues,
  flag,
  type Option,
  parseCount,
  parseDuration,
  parsed,
  type RequiredFlag,
  required,
  text,
} from "@jamesd/config";
import {
  APPROVALS,
  formatDuration,
  JamesError,
  ON_FAILURE,
  PROGRESS,
  parseWaves,
  ROLLOUT_DEFAULTS,
  shareText,
  waveText,
} from "@jamesd/model";
import type { BodyOf } from "@jamesd/protocol";
import { parseShare } from "../documents/read-share.ts";
import { revisionFlag } from "./point-flags.ts";

const USUAL = ROLLOUT_DEFAULTS;

/** The flags that say how a change spreads in waves. */
const PLAN_FLAGS = {
  waves: parsed({
    value: "LIST",
    help: `spread it in waves: devices with a tag (tag:canary), so many (5), so many of a hundred in all (10%); usually ${USUAL.waves.map(waveText).join(",")}`,
    parse: parseWaveList,
  }),
  success: share("of the devices reached, how many have to be done before the next wave", USUAL.success),
  failures: share("more failed devices than this stop it", USUAL.failures),
  bake: time("how long success has to hold before the next wave", USUAL.bakeMs),
  silence: time("a device that was reached and is unheard for so long has failed", USUAL.silenceMs),
  patience: time("after so long a wave without success is given up", USUAL.patienceMs),
  attempts: parsed({
    value: "N",
    help: "a device has failed after so many tries; usually 1",
    parse: parseCount,
  }),
  inFlight: parsed({
    value: "N",
    help: "at most so many devices change at once; usually all",
    parse: parseCount,
  }),
  approve: word("before which waves somebody has to approve", APPROVALS, USUAL.approve),
  onFailure: word("what becomes of it when too many fail", ON_FAILURE, USUAL.onFailure),
};

/** The flags of a command whose change may spread in waves. */
export const ROLLOUT_FLAGS = {
  ...PLAN_FLAGS,
  supersede: flag({ help: "take the place of a rollout that is live, beginning at its first wave" }),
  now: flag({ help: "give it to everybody at once: also ends a live rollout, and passes --max-at-once" }),
  again: flag({ help: "also what a rollout brought that was reverted" }),
};

/** The flags of a command whose packet may spread in waves. */
export const PACKET_ROLLOUT_FLAGS = {
  ...PLAN_FLAGS,
  now: flag({
    help: "give it to everybody at once, also where that is more than --max-at-once of the server",
  }),
};

/** The flag that names a rollout. */
export const rolloutFlag: RequiredFlag<number> = required(
  revisionFlag("the rollout, by the revision that it spreads"),
);

/** The flag by which people say why. */
export const MESSAGE_FLAG = { message: text({ value: "TEXT", help: "why, for the log" }) };

/** The flag that says where devices of a wave are. */
export const stateFlag: Option<(typeof PROGRESS)[number]> = choice({
  help: "only devices that are so",
  choices: PROGRESS,
});

/** How a change is to spread, as the protocol has it; undefined: nothing is said of it. @throws JamesError USAGE */
export function rolloutOf({
  supersede = false,
  now,
  again = false,
  ...flags
}: FlagValues<typeof PACKET_ROLLOUT_FLAGS> & Partial<FlagValues<typeof ROLLOUT_FLAGS>>):
  | NonNullable<BodyOf<"apply">["rollout"]>
  | undefined {
  const plan = planOf(flags);
  if (now && (plan || supersede))
    throw new JamesError("USAGE", "--now is given with what is said of waves", {
      hint: "Give everybody the change at once with --now, or spread it in waves.",
    });
  const said = {
    ...(plan && { plan }),
    ...(supersede && { supersede }),
    ...(now && { now }),
    ...(again && { again }),
  };
  return Object.keys(said).length === 0 ? undefined : said;
}

/** Of all that a command line says only these flags. */
function planOf(flags: FlagValues<typeof PLAN_FLAGS>): NonNullable<BodyOf<"apply">["rollout"]>["plan"] {
  const { waves, success, failures, bake, silence, patience, attempts, inFlight, approve, onFailure } = flags;
  const times = { bakeMs: bake, silenceMs: silence, patienceMs: patience };
  const given = {
    ...{ waves: waves && [...waves], success, failures, ...times },
    ...{ attempts, inFlight, approve, onFailure },
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

function parseWaveList(given: string): readonly string[] {
  const waves = given.split(",").map((wave) => wave.trim());
  parseWaves(waves);
  return waves;
}

function share(help: string, usual: number): Option<number> {
  return parsed({ value: "SHARE", help: `${help}; usually ${shareText(usual)}`, parse: parseShare });
}

function time(help: string, usual: number): Option<number> {
  const parse = (given: string): number => parseDuration(given);
  return parsed({ value: "TIME", help: `${help}; usually ${formatDuration(usual)}`, parse });
}

function word<const W extends string>(help: string, words: readonly W[], usual: NoInfer<W>): Option<W> {
  return choice({ help: `${help}; usually ${usual}`, choices: words });
}
