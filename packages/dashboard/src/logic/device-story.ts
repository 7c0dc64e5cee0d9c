import type { Device, Event, ShownEvent } from "@jamesd/protocol";
import { agoText } from "./time-text.ts";

/** The end of a transaction among what happened. */
export function isEnd(event: ShownEvent): event is Extract<Event, { kind: "transaction" }> {
  return event.kind === "transaction";
}

/** How a device stands, in words. */
export interface Standing {
  readonly what: readonly string[];
  /** How its last transaction ended, and when. */
  readonly since: string | undefined;
  /** What to do about it; empty: nothing. */
  readonly todo: string;
}

/** How a device stands, and what that means, at a time (milliseconds since the epoch). */
export function standingOf(device: Device, now: number): Standing {
  const { sync, revision, problem, waiting, connected, transaction } = device;
  const { what, todo } = meaningOf(sync, {
    revision: String(revision ?? ""),
    isStuck: transaction?.outcome === "stuck",
    isWaiting: waiting !== undefined,
    connected,
  });
  const absence = absenceOf(device);
  return {
    what: [what, absence?.what].filter((line) => line !== undefined),
    since: sinceOf(device, now),
    todo: [!device.lockedOut && (problem?.hint || todo), absence?.todo].filter(Boolean).join(" "),
  };
}

/** What a word means, and what to do about it. */
interface Meaning {
  readonly what: string;
  readonly todo: string | undefined;
}

/** What to do about it that nothing is heard of a device, or that it gets nothing, whatever is wanted for it. */
function absenceOf({ connected, lastSeen, lockedOut }: Device): Meaning | undefined {
  if (lockedOut) return { what: `It is locked out: ${lockedOut.reason}.`, todo: "See list-revoked." };
  if (connected) return undefined;
  return lastSeen === null
    ? { what: "It has never connected.", todo: "Start its agent; see enroll-token." }
    : { what: "All this is what it said last.", todo: "See to its power, network, certificate and agent." };
}

function sinceOf({ transaction }: Device, now: number): string | undefined {
  if (!transaction) return undefined;
  const { outcome, started, durationMs } = transaction;
  return `Its last transaction ended ${agoText(started + durationMs, now)}: ${outcome}.`;
}

interface Circumstances {
  readonly revision: string;
  readonly isStuck: boolean;
  readonly isWaiting: boolean;
  readonly connected: boolean;
}

function meaningOf(sync: string, { revision, isStuck, isWaiting, connected }: Circumstances): Meaning {
  switch (sync) {
    case "in-sync":
      return { what: `It has what revision ${revision} wants.`, todo: undefined };
    case "unmanaged":
      return {
        what: "Nobody wants anything for it.",
        todo: "Make a spec that chooses it, or set a desired state of its own.",
      };
    case "halted":
      return {
        what: "It does not go by this server's history, and is left alone until somebody decides.",
        todo: "Decide with adopt-state who is right: the device, or the server.",
      };
    case "doubled":
      return {
        what: "Two machines or more check in with its certificate; only one of them is served.",
        todo: "Give each a certificate of its own.",
      };
    case "unsatisfiable":
      return {
        what: "It cannot have what is wanted, and keeps what it has.",
        todo: "See what fits it with explain.",
      };
    case "failed":
      return isStuck
        ? {
            what: "It can go neither on nor back by itself; it goes on trying.",
            todo: "Mend what the failure names, then retry.",
          }
        : {
            what: "The last change was undone; it tries again after a while.",
            todo: "See the failure below; retry tries at once.",
          };
    case "pending":
      if (isWaiting)
        return {
          what: `It waits before it begins with revision ${revision}.`,
          todo: "Wait, or have it go now.",
        };
      if (connected) return { what: `It is on its way to revision ${revision}.`, todo: undefined };
      return { what: `It gets revision ${revision} when it connects.`, todo: undefined };
    default:
      return {
        what: "This dashboard is older than the server, and does not know what that is.",
        todo: undefined,
      };
  }
}

/** How much of what it needs has come, such as `pending 15%`. */
export function syncText({ sync, waiting, preparing }: Device): string {
  if (waiting) return `${sync}, waits`;
  // It has begun since, as far as is known.
  if (preparing?.ended) return `${sync}, changes`;
  return preparing?.total ? `${sync} ${Math.floor((100 * (preparing.bytes ?? 0)) / preparing.total)}%` : sync;
}

/** An app that a device should have, has, or both. */
export interface AppLine {
  readonly name: string;
  /** What is wanted; undefined: nobody wants it. */
  readonly wanted:
    | { readonly tags: readonly string[]; readonly spec: string | null; readonly digest: string | null }
    | undefined;
  /** What is installed. */
  readonly installed: { readonly tags: readonly string[]; readonly digest: string } | undefined;
  readonly state: "installed" | "other version" | "missing" | "no packet" | "not wanted";
}

/** The apps of a device, wanted or installed, by name. */
export function appLines({ apps, effective }: Pick<Device, "apps" | "effective">): readonly AppLine[] {
  const wanted = new Map((effective?.apps ?? []).map((app) => [app.name, app]));
  const installed = new Map(apps.map((app) => [app.name, app]));
  const names = [...new Set([...wanted.keys(), ...installed.keys()])].sort();
  return names.map((name) => {
    const [want, has] = [wanted.get(name), installed.get(name)];
    return { name, wanted: want, installed: has, state: stateOf(want, has) };
  });
}

function stateOf(wanted: AppLine["wanted"], installed: AppLine["installed"]): AppLine["state"] {
  if (!wanted) return "not wanted";
  if (wanted.digest === null) return "no packet";
  if (!installed) return "missing";
  return installed.digest === wanted.digest ? "installed" : "other version";
}
