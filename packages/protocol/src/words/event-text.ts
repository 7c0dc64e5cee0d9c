import { counted, documentName, haltText, isoTime, packetLabel, shortDigest } from "@jamesd/model";
import type { ShownTransaction } from "../schema-checkin.ts";
import type { Event, ShownEvent } from "../schema-event.ts";
import { lockedText, pathsText, troubleText } from "./parts.ts";

type DeviceAdded = Extract<Event, { kind: "device-added" }>;
type DeviceChanged = Extract<Event, { kind: "device-changed" }>;

/** What happened, in words; of what only a later version knows, its kind. */
export function happened(event: ShownEvent): string {
  // Not by its schema: a page in a browser has none.
  return whatHappened(event as Event);
}

function whatHappened(event: Event): string {
  switch (event.kind) {
    case "packet-added":
      return `added the packet ${packetLabel(event)}`;
    case "packet-removed":
      return `removed the packet ${packetLabel(event)}`;
    case "revision":
      return `made revision ${event.revision}: ${changedText(event)}${event.message && `: ${event.message}`}`;
    case "rollout":
      return rolloutText(event);
    case "device-added":
      return firstText(event);
    case "device-changed":
      return changesText(event);
    case "device-removed":
      return `removed the device ${event.device}`;
    case "transaction":
      return endText(event.transaction);
    case "device-halted":
      return `halted ${event.device}: ${haltText(event)}`;
    case "device-doubled":
      return `found two machines or more with the certificate of ${event.device}, from ${event.addresses.join(" and ")}`;
    case "device-adopted":
      return `decided for ${event.device}: ${event.keep === "device" ? "what it has is wanted" : "it gets what the server wants"}`;
    case "device-tagged":
      return `gave ${event.device} the tags ${list(event.tags.after)} instead of ${list(event.tags.before)}`;
    case "retry":
      return `asked ${event.device} to try ${event.failed} again`;
    case "go":
      return `asked ${event.device} to begin now${event.breakLock ? ", whatever holds its update lock" : ""}`;
    case "revoked":
      return `locked out ${lockedText(event.locked)}${event.reason && `: ${event.reason}`}`;
    case "unrevoked":
      return `let in again ${lockedText(event.locked)}`;
    case "drift":
      return driftText(event);
    case "reinstall":
      return `asked ${event.device} to install ${event.app} again`;
    case "verify":
      return `asked ${event.device} to compare all contents`;
    case "verified":
      return `compared all contents: ${event.count === 0 ? "all is as it should be" : `${pathsText(event.count)} not as they should be`}`;
    case "renew":
      return `asked ${event.device} to renew the certificate ${event.serial}`;
    case "certificate-issued":
    case "certificate-replaced":
    case "certificate-cloned":
    case "certificates-end":
      return certificateText(event);
    default:
      return joiningText(event);
  }
}

function certificateText(event: Extract<Event, { kind: `certificate${string}` }>): string {
  switch (event.kind) {
    case "certificate-issued":
      return `got ${event.author === event.device ? "" : `${event.device} `}the certificate ${event.serial}, until ${isoTime(event.ends)}`;
    case "certificate-replaced":
      return `came with the certificate ${event.serial} instead of ${list(event.replaced)}`;
    case "certificate-cloned":
      return `came with the certificate ${event.serial}, which ${event.device} has replaced${event.current === undefined ? "" : ` by ${event.current}`}: another machine has its key`;
    case "certificates-end":
      return endingText(event);
  }
}

function endingText({ server, devices, ids }: Extract<Event, { kind: "certificates-end" }>): string {
  const own = server.map(({ use, subject, ends }) => `${subject} (${use}) until ${isoTime(ends)}`);
  const theirs = devices === 0 ? [] : [`those of devices: ${list(ids, devices - ids.length)}`];
  return `certificates end soon, or have ended: ${[...own, ...theirs].join("; ")}`;
}

type JoiningEvent = Extract<Event, { kind: `token-${string}` | `enrollment-${string}` | "device-enrolled" }>;

function joiningText(event: JoiningEvent): string {
  switch (event.kind) {
    case "token-made":
      return `made the token ${event.token} for ${counted(event.uses, "device")} until ${isoTime(event.ends)}`;
    case "token-revoked":
      return `took back the token ${event.token}`;
    case "enrollment-waiting":
      return `asked to join as ${event.name} with the key ${shortDigest(event.fingerprint)}`;
    case "enrollment-approved":
      return `approved ${event.device} with the key ${shortDigest(event.fingerprint)}`;
    case "enrollment-rejected":
      return `rejected ${event.name} with the key ${shortDigest(event.fingerprint)}`;
    case "device-enrolled":
      return `${event.device} joined ${event.token === null ? "as approved" : `by the token ${event.token}`}, given the tags ${list(event.tags)}`;
    default:
      return (event as ShownEvent).kind;
  }
}

function changedText({ documents, changed }: Extract<Event, { kind: "revision" }>): string {
  return list(documents.map(documentName), changed - documents.length);
}

const ROLLOUT_WORDS: Readonly<Record<string, string>> = {
  waiting: "waits for an approval of its next wave",
  paused: "is paused",
  finished: "is finished: everybody gets it",
  reverted: "is reverted",
  superseded: "is over: another took its place",
};

function rolloutText(event: Extract<Event, { kind: "rollout" }>): string {
  const { rollout, status, wave, waves, trouble, devices, message } = event;
  const admitted = devices === undefined ? "" : `, which admits ${devices} more`;
  const standing =
    status === "running"
      ? `is at wave ${wave} of ${waves}${admitted}`
      : (ROLLOUT_WORDS[status] ?? `is ${status}`);
  const why = trouble === undefined ? "" : ` (${troubleText(trouble)})`;
  return `rollout ${rollout} ${standing}${why}${message && `: ${message}`}`;
}

function firstText({ state, omitted, agent }: DeviceAdded): string {
  const tags = list(state.systemtags, omitted?.systemtags);
  const apps = list(state.apps.map(packetLabel), omitted?.apps);
  return `first check-in: tags ${tags}, apps ${apps}, ${agent}`;
}

function changesText({ apps, systemtags, agent, unmerged, omitted }: DeviceChanged): string {
  return [
    ...apps.map(({ before, after }) => {
      if (before && after) return `has ${packetLabel(after)} instead of ${packetLabel(before)}`;
      return after ? `has ${packetLabel(after)}` : `no longer has ${before ? packetLabel(before) : "it"}`;
    }),
    ...(omitted?.apps ? [`${omitted.apps} more apps changed`] : []),
    ...(systemtags
      ? [
          `tags ${list(systemtags.after, omitted?.systemtagsAfter)} instead of ${list(systemtags.before, omitted?.systemtagsBefore)}`,
        ]
      : []),
    ...(unmerged ? [unmergedText(unmerged)] : []),
    ...(agent ? [`agent ${agent.after} instead of ${agent.before || "unknown"}`] : []),
  ].join("; ");
}

function unmergedText({ after }: NonNullable<DeviceChanged["unmerged"]>): string {
  if (after.length === 0) return "no configuration file waits to be merged any more";
  return `configuration files wait to be merged: ${after.map((path) => `/${path}`).join(", ")}`;
}

function driftText({ after, paths, omitted }: Extract<Event, { kind: "drift" }>): string {
  if (after === 0) return "all is as its packets have it again";
  const texts = paths.map(({ path, kinds }) => `/${path} (${kinds.join(", ")})`);
  return `${pathsText(after)} not as packets have them: ${list(texts, omitted?.paths)}`;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  committed: "carried out",
  "rolled-back": "rolled back",
  stuck: "is stuck in",
};

function endText({ outcome, revision, attempt, durationMs, error, repair }: ShownTransaction): string {
  const end = `${OUTCOMES[outcome] ?? outcome} revision ${revision} in ${durationMs / 1000} s`;
  return `${repair ? "to put drift right, " : ""}${end}${attempt > 1 ? `, attempt ${attempt}` : ""}${error ? `: ${error.message}` : ""}`;
}

function list(words: readonly string[], omitted = 0): string {
  const more = omitted > 0 ? [`${omitted} more`] : [];
  return [words.join(", "), ...more].filter(Boolean).join(" and ") || "none";
}
