import { counted, formatDuration, shareText } from "@jamesd/model";
import type { Rollout, RolloutDevice } from "@jamesd/protocol";
import { roughTime, troubleText } from "@jamesd/protocol/words";

/** Where a device of a wave is, in the order in which a bar shows it. */
export const PROGRESS_WORDS = ["done", "busy", "failed", "silent", "unreached"] as const;
export type ProgressWord = (typeof PROGRESS_WORDS)[number];

type Wave = Rollout["perWave"][number];

/** True of a rollout that will do nothing more. */
export function isOver({ status }: Pick<Rollout, "status">): boolean {
  return status === "finished" || status === "reverted" || status === "superseded";
}

/** A part of a bar. */
export interface Segment {
  readonly word: ProgressWord;
  readonly devices: number;
  /** Where it begins and how long it is, of `whole`. */
  readonly start: number;
  readonly length: number;
}

/** The bar of a wave: all of it are the devices that it was opened for; nothing of one that is not open. */
export function segmentsOf({ counts }: Pick<Wave, "counts">, whole: number): readonly Segment[] {
  if (!counts) return [];
  const all = PROGRESS_WORDS.reduce((sum, word) => sum + counts[word], 0);
  let start = 0;
  return PROGRESS_WORDS.flatMap((word) => {
    const devices = counts[word];
    if (devices === 0) return [];
    const length = (devices / all) * whole;
    start += length;
    return [{ word, devices, start: start - length, length }];
  });
}

/** How far a wave is, in words, without where its devices are. */
export function waveText({ devices, excused, opened, passed }: Omit<Wave, "counts" | "wave">): string {
  const whole = devices === null ? "" : ` ${counted(devices, "device")}`;
  if (opened === null) return `not open${whole && `: would be${whole}`}`;
  return `${passed === null ? "open" : "passed"}:${whole}${excused > 0 ? `, ${excused} excused` : ""}`;
}

/** What has to be before a rollout goes on, in words. */
export function nextText({
  status,
  trouble,
  next,
  baking,
  settings,
  stepAuthor,
  stepMessage,
}: Pick<
  Rollout,
  "status" | "trouble" | "next" | "baking" | "settings" | "stepAuthor" | "stepMessage"
>): string {
  const why = trouble === null ? `by ${stepAuthor}` : `because ${troubleText(trouble)}`;
  const said = stepMessage === "" ? "" : ` (${stepMessage})`;
  if (status === "paused") return `It is paused ${why}${said}: nobody more gets it until it is resumed.`;
  if (status === "finished") return "It is finished: everybody has it, or gets it.";
  if (!next) return `It is ${status} ${why}${said}.`;
  const then = next.wave === null ? "it is finished" : `wave ${next.wave} opens`;
  if (status === "waiting") return `Next: ${then} when somebody approves it.`;
  const approval = next.needsApproval ? ", once somebody approves it" : "";
  const bound =
    next.mayFail === 0
      ? "; the first that fails in this wave stops it."
      : `; more than ${next.mayFail} that fail in this wave stop it.`;
  if (next.inMs === null || !baking)
    return `Next: ${then} when ${shareText(settings.success)} of the devices reached are done for ${formatDuration(settings.bakeMs)}${approval}${bound}`;
  return `Next: ${then} in ${roughTime(next.inMs)}, if success holds until then${approval}${bound}`;
}

/** Devices that failed for the same reason. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly ids: readonly string[];
}

/** Devices by why they are where they are; each is in one group, the largest is the first. */
export function failuresOf(
  devices: readonly Pick<RolloutDevice, "id" | "problem" | "progress">[],
): readonly Failure[] {
  const groups = new Map<string, Failure & { ids: string[] }>();
  for (const { id, problem, progress } of devices) {
    const code = problem?.code ?? progress;
    // The same failure names each device's own id: it is the same one all the same.
    const message = problem ? withoutId(problem.message, id) : "it says no reason";
    const key = `${code} ${message}`;
    const group = groups.get(key) ?? { code, message, hint: problem?.hint, ids: [] };
    groups.set(key, group);
    group.ids.push(id);
  }
  return [...groups.values()].sort((a, b) => b.ids.length - a.ids.length || (a.code < b.code ? -1 : 1));
}

/** A message with an id left out where it stands by itself; within another word it is none. */
function withoutId(message: string, id: string): string {
  const literally = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return message.replace(new RegExp(`(?<![\\w-])${literally}(?![\\w-])`, "g"), "…");
}
