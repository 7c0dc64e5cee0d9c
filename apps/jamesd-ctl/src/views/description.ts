import { shellWord, type Tag, windowsText } from "@jamesd/model";
import { endsSoon } from "@jamesd/pki/credentials";
import type { Device, DevicePlan } from "@jamesd/protocol";
import { isoTime, timeLeft } from "@jamesd/protocol/words";
import { driftLines } from "./drift-view.ts";
import { explainFailure } from "./failure.ts";
import { stepTexts } from "./step-text.ts";
import { waitsLines } from "./waits-text.ts";
import { clockOffText, wayText } from "./way-text.ts";

/** So many drifted paths are named. */
const MOST_DRIFT = 10;

/**
 * A device in words, at `now`: what it is, has and should have, and why that is not the same.
 * @param paused the rollout that brings it what it has not got yet, if that is paused
 */
export function describeDevice(device: Device, plan: DevicePlan, now: number, paused?: number) {
  const { id, connected, lastSeen, agent, systemtags, givenTags = [], apps, effective } = device;
  const { problem, nextTry, drift, verify, reinstall, unmergedFiles, waits = [] } = device;
  const [state, whatToDo] = standing(device, paused);
  const failure = failedLines(device);
  const lock = device.lockedOut && lockText(device.id, device.lockedOut);
  const way = wayText(device);
  const windows = effective?.windows ?? [];
  return {
    id,
    seen: connected
      ? "connected"
      : lastSeen === null
        ? "never"
        : `not connected, last seen ${isoTime(lastSeen)}`,
    ...(lock && { lockedOut: lock.what }),
    agent: agent ?? "unknown",
    ...(device.clockOff !== undefined && { clock: clockText(device.clockOff) }),
    ...certificateLines(device, now),
    tags: systemtags.join(", ") || "none",
    ...(givenTags.length > 0 && { givenTags: givenTags.join(", ") }),
    has: apps.map(appText),
    shouldHave: effective
      ? effective.apps.map((app) => `${appText(app)}, ${app.spec === null ? "its own" : `spec ${app.spec}`}`)
      : "nobody said",
    ...(windows.length > 0 && { mayChange: windowsText(windows) }),
    state,
    ...(way !== undefined && { now: way }),
    ...(drift && drift.count > 0 && { drifted: driftLines(drift, MOST_DRIFT) }),
    ...(unmergedFiles.length > 0 && { unmerged: unmergedFiles.map(unmergedText) }),
    ...(reinstall && { again: `${reinstall.app} is to be installed again` }),
    ...(verify && { asked: "to compare all contents, and has not answered yet" }),
    ...(problem && { why: problem.message }),
    ...(failure.length > 0 && { failure }),
    ...triedBefore(device),
    ...(paused !== undefined && {
      paused: `rollout ${paused}, which brings this, is paused: nothing comes until resume-rollout`,
    }),
    ...(typeof nextTry === "number" &&
      paused === undefined &&
      !device.waiting && { nextTry: `at ${isoTime(nextTry)}, in ${timeLeft(nextTry - now)}` }),
    ...(plan.steps.length > 0 && { next: stepTexts(plan.steps, plan.packets) }),
    ...(waits.length > 0 && { waits: waitsLines(waits) }),
    ...(plan.bytes !== null && plan.steps.length > 0 && { bytesToFetch: plan.bytes }),
    whatToDo: lock?.todo ?? problem?.hint ?? whatToDo,
  };
}

/** Who has locked a device out: whatever is wanted for it, nothing comes to it. */
function lockText(id: string, { time, author, reason }: NonNullable<Device["lockedOut"]>) {
  const since = [time !== null && `since ${isoTime(time)}`, author && `by ${author}`]
    .filter(Boolean)
    .join(" ");
  const isListed = author === null;
  return {
    what: [since, reason].filter(Boolean).join(": ") || "yes",
    todo: isListed
      ? "It is locked out, and gets nothing: issue another certificate."
      : `It is locked out, and gets nothing; list-revoked shows by which name or certificate, and unrevoke lets it in again. One that is gone for good: remove-device --id ${shellWord(id)}.`,
  };
}

function clockText(off: number): string {
  return `${clockOffText(off)}${off > 0 ? " of" : ""} the server; set whichever clock is wrong, for maintenance windows and times of what happened go by it`;
}

function unmergedText(path: string): string {
  return `/${path}: merge it into the edited file beside it, then delete it`;
}

function certificateLines({ certEnds, certLate, certIssuer, certSerial, clone, renew }: Device, now: number) {
  const issued = [certIssuer && `of ${certIssuer}`, certSerial && `number ${certSerial}`].filter(Boolean);
  return {
    ...(typeof certEnds === "number" && { certificate: certificateText(certEnds, certLate, now) }),
    ...(issued.length > 0 && { issued: issued.join(", ") }),
    ...(renew && { renewal: "asked for, and it has not come with another certificate yet" }),
    ...(clone && { cloned: cloneText(clone) }),
  };
}

/** What to do about a machine that has a key which its device has replaced. */
function cloneText({ serial, time, address }: NonNullable<Device["clone"]>): string {
  return `${address} came at ${isoTime(time)} with the certificate ${serial}, which it has replaced: another machine has that key, and is refused; find it`;
}

function certificateText(ends: number, isLate: boolean | undefined, now: number): string {
  if (ends < now) return `ended at ${isoTime(ends)}: issue a new one`;
  const when = `ends at ${isoTime(ends)}, in ${timeLeft(ends - now)}`;
  return (isLate ?? endsSoon(ends, now)) ? `${when}: issue a new one before` : when;
}

function standing(
  { id, sync, connected, transaction, revision, waiting }: Device,
  paused: number | undefined,
): readonly [state: string, whatToDo: string] {
  switch (sync) {
    case "unmanaged":
      return [
        "unmanaged: nobody wants anything for it",
        `Set a desired state for ${id}, or a spec that chooses it.`,
      ];
    case "halted":
      return [
        "halted: it does not go by this server's history, and is left alone until you decide",
        `Decide with adopt-state --id ${shellWord(id)}, or adopt-state --from-server --id ${shellWord(id)}.`,
      ];
    case "doubled":
      return [
        "doubled: two machines or more check in with its certificate; only one of them is served",
        "Give each a certificate of its own.",
      ];
    case "in-sync":
      return [`in sync: it has what revision ${revision} wants`, "Nothing."];
    case "unsatisfiable":
      return [
        "unsatisfiable: it cannot have what is wanted, and keeps what it has",
        `See explain --id ${shellWord(id)}.`,
      ];
    case "failed":
      return transaction?.outcome === "stuck"
        ? [
            "stuck: it can go neither on nor back by itself; it goes on trying",
            "Mend what the failure names, then retry.",
          ]
        : paused !== undefined
          ? [
              "failed: the last change was undone",
              `See the failure; then resume-rollout or revert-rollout --revision ${paused}.`,
            ]
          : [
              "failed: the last change was undone; it tries again after a while",
              `See the failure; retry --id ${shellWord(id)} tries at once.`,
            ];
    case "pending":
      if (waiting)
        return [
          `pending: it waits before it begins with revision ${revision}`,
          `Wait; go --id ${shellWord(id)} has it begin now, with --break-lock whatever holds its update lock.`,
        ];
      return connected
        ? [`pending: it is on its way to revision ${revision}`, "Wait."]
        : [`pending: it gets revision ${revision} when it connects`, "See why it is not connected."];
    default:
      return [sync, "The server is newer than this jamesd-ctl: bring it up to date to see what that is."];
  }
}

/** How the try before went, of a device that tries again or is asked to. */
function triedBefore({ sync, transaction, target }: Device) {
  if (sync !== "pending" || !transaction || transaction.outcome === "committed") return {};
  if (transaction.outcome !== "stuck" && transaction.target !== target) return {};
  return { before: transaction.error?.message ?? "the last try failed" };
}

function failedLines(device: Device): readonly string[] {
  if (device.sync !== "failed" || !device.transaction) return [];
  return explainFailure(device.id, device.transaction);
}

function appText({ name, tags }: { readonly name: string; readonly tags: readonly Tag[] }): string {
  return tags.length === 0 ? name : `${name} (${tags.join(", ")})`;
}
