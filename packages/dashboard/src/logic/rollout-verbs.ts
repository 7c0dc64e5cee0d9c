import { counted } from "@jamesd/model";
import type { Rollout } from "@jamesd/protocol";

/** What may be said to a rollout. */
export type Verb = "approve" | "pause" | "resume" | "promote" | "revert" | "retry";

/** What there is to be said to it as it stands; to one that is over, nothing. */
export function verbsFor({ status }: Pick<Rollout, "status">): readonly Verb[] {
  if (status === "waiting") return ["approve", "pause", "promote", "revert"];
  if (status === "paused") return ["resume", "retry", "promote", "revert"];
  return status === "running" ? ["pause", "retry", "promote", "revert"] : [];
}

/** What it means to say something to a rollout, with how many devices it is about. */
export function meaningOf(
  verb: Verb,
  { perWave, next, status }: Pick<Rollout, "perWave" | "next" | "status">,
): string {
  const open = devicesOf(perWave.filter(({ opened }) => opened !== null));
  const rest = devicesOf(perWave.filter(({ opened }) => opened === null));
  const failed = perWave.reduce((sum, { counts }) => sum + (counts?.failed ?? 0), 0);
  switch (verb) {
    case "approve": {
      const wave = next?.wave;
      const its = devicesOf(wave ? perWave.slice(wave - 1, wave) : []);
      return wave ? `Wave ${wave} opens, for ${its}.` : "It is finished: everybody gets it.";
    }
    case "pause":
      return `No more plans are handed out of it; nobody is sent back. It admits ${open}; what is begun is ended.`;
    case "resume":
      return `It goes on; it admits ${open}.`;
    case "promote":
      return `All waves open at once, whatever the gates say, for ${rest} more.`;
    case "revert":
      return `It ends, and whoever got it gets what was before, at once: ${open}.`;
    case "retry":
      return `Whoever failed tries again ${status === "paused" ? "when it is resumed" : "at once"}: ${counted(failed, "device")}.`;
  }
}

/** What is sent with it. */
export function bodyOf(verb: Verb, { next }: Pick<Rollout, "next">, message: string): object | undefined {
  if (verb === "retry") return undefined;
  // Another wave than the one that was looked at is not approved.
  return verb === "approve" && next?.wave ? { wave: next.wave, message } : { message };
}

function devicesOf(waves: Rollout["perWave"]): string {
  const known = waves.reduce((sum, { devices }) => sum + (devices ?? 0), 0);
  return waves.some(({ devices }) => devices === null)
    ? `${counted(known, "device")} or more`
    : counted(known, "device");
}
