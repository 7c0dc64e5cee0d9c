import type { Cell, Table } from "@jamesd/config/print";
import { formatDuration, PROGRESS, shareText, shortDigest } from "@jamesd/model";
import type { Rollout, RolloutCounts, RolloutInfo } from "@jamesd/protocol";
import { isoTime, roughTime, troubleText } from "@jamesd/protocol/words";
import type { Result } from "../cli/command.ts";

/** So many documents are named. */
const SHOWN = 3;

/** How a rollout stands: `running, wave 2 of 3`, `reverted by 45`. */
function standingText({
  status,
  wave,
  waves,
  endedBy,
}: Pick<RolloutInfo, "status" | "wave" | "waves" | "endedBy">): string {
  if (endedBy !== null) return `${status} by ${endedBy}`;
  return status === "finished" ? status : `${status}, wave ${wave} of ${waves}`;
}

/** How a rollout and its newest wave are, in one line. */
export function progressText(rollout: Rollout): string {
  const counts = rollout.perWave[rollout.wave - 1]?.counts;
  const counted = counts ? PROGRESS.map((name) => `${counts[name]} ${name}`) : [];
  return [`rollout ${rollout.revision} ${standingText(rollout)}`, ...counted].join(", ");
}

/** What a rollout spreads: `spec vpn, 40 -> 42`. */
function spreadText({ documents, changed, packet, revision }: RolloutInfo): string {
  if (packet !== null) return `packet ${shortDigest(packet)}`;
  const shown = documents.slice(0, SHOWN);
  const more = changed - shown.length;
  return [
    ...shown.map(({ kind, id, stable }) => `${kind} ${id}, ${stable || "new"} -> ${revision}`),
    ...(more > 0 ? [`${more} more`] : []),
  ].join("; ");
}

/** The lines above the table of a rollout's waves. */
function headLines(rollout: Rollout): readonly string[] {
  const { revision, baking, author, message, settings } = rollout;
  const baked = baking ? `, baking ${roughTime(baking.heldMs)} of ${roughTime(baking.ofMs)}` : "";
  const gates = [
    `success ${shareText(settings.success)}`,
    `failures ${shareText(settings.failures)}`,
    `silence ${formatDuration(settings.silenceMs)}`,
    `on failure ${settings.onFailure}`,
  ];
  const who = message === "" ? author : `${author}: ${JSON.stringify(message)}`;
  return [
    `rollout ${revision}  ${standingText(rollout)}${baked}   ${who}`,
    `${spreadText(rollout)}; ${gates.join(", ")}`,
  ];
}

/** The waves of a rollout, a row each. */
function waveTable({ perWave, next }: Pick<Rollout, "perWave" | "next">): Table {
  const rows = perWave.map(({ wave, devices, counts, passed, excused, opened }, i): readonly Cell[] => [
    String(i + 1),
    wave.replace(/^tag:/, ""),
    devices === null ? "-" : String(devices),
    ...PROGRESS.map((name) => progressCell(name, counts?.[name])),
    [
      ...(passed === null ? [] : [`passed ${isoTime(passed)}`]),
      ...(passed === null && opened !== null
        ? [`${next === null ? "opened" : "open since"} ${isoTime(opened)}`]
        : []),
      ...(excused > 0 ? [`${excused} excused`] : []),
    ].join(", "),
  ]);
  return { columns: ["wave", "who", "devices", ...PROGRESS, ""], rows };
}

function progressCell(name: string, count: number | undefined): Cell {
  if (count === undefined) return "";
  const isBad = (name === "failed" || name === "silent") && count > 0;
  return isBad ? { text: String(count), tone: "bad" } : String(count);
}

/** What a rollout does next, and what it takes. */
function nextLine({
  revision,
  status,
  next,
  settings,
  trouble,
  stepped,
  stepAuthor,
  stepMessage,
}: Rollout): string {
  const said = stepMessage === "" ? "" : `: ${stepMessage}`;
  const when = `at ${isoTime(stepped)}`;
  const by = trouble === null ? `by ${stepAuthor} ${when}` : `${when} because ${troubleText(trouble)}`;
  switch (status) {
    case "paused":
      return `paused ${by}${said}; resume-rollout, promote-rollout or revert-rollout --revision ${revision} decides`;
    case "waiting":
      return `next: wave ${next?.wave ?? "?"} when somebody approves it, with approve-rollout --revision ${revision}`;
    case "running":
      return next ? `next: ${comingText(next, settings.success)} unless ${failingText(next)}` : "next: -";
    case "finished":
      return `finished ${when}: everybody has it, or gets it`;
    default:
      return `${status} ${by}${said}`;
  }
}

function failingText({ mayFail }: NonNullable<Rollout["next"]>): string {
  return mayFail === 0 ? "one fails" : `more than ${mayFail} fail`;
}

function comingText({ wave, inMs, needsApproval }: NonNullable<Rollout["next"]>, success: number): string {
  const what = wave === null ? "finished" : `wave ${wave}`;
  if (inMs !== null)
    return `${what} in ${roughTime(inMs)}${needsApproval ? " when somebody approves it" : ""}`;
  const approved = needsApproval ? " and somebody approves it" : "";
  return `${what} when ${shareText(success)} of those reached are done${approved},`;
}

/** Rollouts as a table. */
export function rolloutTable(rollouts: readonly RolloutInfo[]): Table {
  const rows = rollouts.map((rollout) => [
    String(rollout.revision),
    standingCell(rollout),
    isoTime(rollout.began),
    rollout.author,
    spreadText(rollout),
    devicesText(rollout),
    rollout.message || "-",
  ]);
  return {
    columns: ["revision", "status", "began", "author", "spreads", "devices", "message"],
    rows,
  };
}

/** Where the devices are that it admitted, but for where none is: `961 done, 20 failed`. */
function devicesText({ admitted, counts }: RolloutInfo): string {
  if (!counts) return `${admitted} admitted`;
  return PROGRESS.flatMap((name) => (counts[name] > 0 ? [`${counts[name]} ${name}`] : [])).join(", ") || "0";
}

/** How a rollout went as a table: how many devices were where from a time on. */
export function countsTable(noted: readonly RolloutCounts[]): Table {
  const rows = noted.map(({ time, counts }) => [
    isoTime(time),
    ...PROGRESS.map((name) => progressCell(name, counts[name])),
  ]);
  return { columns: ["time", ...PROGRESS], rows };
}

function standingCell(rollout: RolloutInfo): Cell {
  const text = standingText(rollout) + (rollout.trouble === null ? "" : ` (${troubleText(rollout.trouble)})`);
  const tone = TONES[rollout.status];
  return tone ? { text, tone } : text;
}

const TONES: Readonly<Record<string, "good" | "bad" | "doubtful" | "faint">> = {
  running: "good",
  waiting: "doubtful",
  paused: "bad",
  reverted: "bad",
  superseded: "faint",
};

/** A rollout for programs, with times that people can read too. */
function rolloutView(rollout: Rollout) {
  const { perWave, steps, settings, ...info } = rollout;
  return {
    ...infoView(info),
    counted: timeOrNull(rollout.counted),
    settings,
    perWave: perWave.map((wave) => ({
      ...wave,
      opened: timeOrNull(wave.opened),
      passed: timeOrNull(wave.passed),
    })),
    steps: steps.map((step) => ({ ...step, time: isoTime(step.time) })),
  };
}

/** The same of one in a list. */
export function infoView<I extends RolloutInfo>(info: I) {
  return { ...info, began: isoTime(info.began), stepped: isoTime(info.stepped) };
}

function timeOrNull(time: number | null): string | null {
  return time === null ? null : isoTime(time);
}

/** How a rollout is, for people and programs. */
export function rolloutResult(rollout: Rollout): Result {
  return {
    data: rolloutView(rollout),
    head: headLines(rollout),
    table: waveTable(rollout),
    foot: [nextLine(rollout)],
  };
}
