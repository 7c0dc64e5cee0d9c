import { JamesError } from "../error.ts";
import { parseTag, type Tag } from "../tag.ts";

/** Which devices a wave of a rollout adds to those that have it already. */
export type Wave =
  /** Those with a tag. */
  | { readonly tag: Tag }
  /** So many more. */
  | { readonly devices: number }
  /** As many more as it takes until so many of a hundred have it, rounded up. */
  | { readonly percent: number };

/** More waves than this are no waves; the last one, of everybody, does not count. */
export const MAX_WAVES = 20;

const EVERYBODY: Wave = { percent: 100 };
const EVERYBODY_TEXT = "100%";
const TAG = "tag:";
const COUNT = /^[1-9]\d{0,8}$/;
const PERCENT = /^\d{1,3}(\.\d{1,2})?%$/;
const HINT =
  "Write waves such as tag:canary,5,10%,100%: the devices with a tag, so many more, or so many of a hundred in all.";

/** Checks waves as they are written, one text each; a last one of everybody is added. @throws JamesError ROLLOUT_INVALID, TAG_INVALID */
export function parseWaves(texts: readonly string[]): readonly Wave[] {
  const counting = texts.at(-1) === EVERYBODY_TEXT ? texts.length - 1 : texts.length;
  if (texts.length === 0 || counting > MAX_WAVES)
    throw invalid(`there are ${texts.length} waves`, `Give 1 to ${MAX_WAVES}. ${HINT}`);
  const given = texts.map(parseWave);
  checkOrder(given);
  const last = given.at(-1);
  return last && isEverybody(last) ? given : [...given, EVERYBODY];
}

/** A wave as it is written. */
export function waveText(wave: Wave): string {
  if ("tag" in wave) return `${TAG}${wave.tag}`;
  return "devices" in wave ? `${wave.devices}` : `${wave.percent}%`;
}

/** How many a wave adds that does not go by a tag, where so many of so many have it before; less than none when it has no more to add. */
export function addedBy(
  wave: Exclude<Wave, { readonly tag: Tag }>,
  before: number,
  population: number,
): number {
  return "devices" in wave ? wave.devices : Math.ceil((population * wave.percent) / 100) - before;
}

function parseWave(text: string): Wave {
  if (text.startsWith(TAG)) return { tag: parseTag(text.slice(TAG.length)) };
  if (COUNT.test(text)) return { devices: Number(text) };
  const percent = PERCENT.test(text) ? Number(text.slice(0, -1)) : 0;
  if (percent > 0 && percent <= 100) return { percent };
  throw invalid(`${JSON.stringify(text)} is no wave`, HINT);
}

/** What says of how many of a hundred must grow, and after everybody there is nobody. */
function checkOrder(waves: readonly Wave[]): void {
  let [reached, seen] = [0, new Set<string>()];
  for (const wave of waves) {
    const text = waveText(wave);
    if (reached === 100) throw invalid(`wave ${text} comes after everybody`, "Leave it out.");
    if ("tag" in wave && seen.has(text)) throw invalid(`wave ${text} is there twice`, "Leave one out.");
    if ("percent" in wave && wave.percent <= reached)
      throw invalid(
        `wave ${text} adds nobody to ${reached}%`,
        "Each wave says how many of a hundred have it in all.",
      );
    if ("percent" in wave) reached = wave.percent;
    seen = seen.add(text);
  }
}

function isEverybody(wave: Wave): boolean {
  return "percent" in wave && wave.percent === 100;
}

function invalid(message: string, hint: string): JamesError {
  return new JamesError("ROLLOUT_INVALID", message, { hint });
}
