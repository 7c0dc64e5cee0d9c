import {
  type Candidate,
  foreignTags,
  type Halt,
  haltText,
  JamesError,
  MAX_STATE_WORDS,
  type PacketSummary,
  packetLabel,
  type SpecConflict,
  shellWord,
  type Unfulfilled,
  type WantedApp,
} from "@jamesd/model";
import type { Double } from "../device/voice.ts";

/** So many packets are named that come near to a wish. */
const MOST_NEAR = 4;

/** Says which wish no packet fulfils and whose it is; unless in short, also which packet came nearest, and which tags it lacks. */
export function noPacketFulfils(
  id: string,
  unfulfilled: Unfulfilled<WantedApp>,
  isShort = false,
): JamesError {
  const { app } = unfulfilled;
  const whose = app.spec === null ? "" : ` (spec ${app.spec})`;
  return new JamesError(
    "NO_PACKET_FULFILS",
    `no packet fulfils ${app.name} with tags ${listed(app.tags)}${whose} on ${id}`,
    isShort ? {} : { hint: fulfilHint(unfulfilled) },
  );
}

/** Says which specs contradict each other. */
export function specsContradict(id: string, { app, specs, tags: [one, other] }: SpecConflict): JamesError {
  return new JamesError(
    "SPEC_CONFLICT",
    `the specs ${specs.join(" and ")} want ${app} with different tags on ${id}: ${listed(one)}, and ${listed(other)}`,
    { hint: `Let them agree, narrow a selector, or list ${app} in the desired state of ${id} itself.` },
  );
}

/** Says that a device could not report what it should have. */
export function stateTooLarge(id: string): JamesError {
  return new JamesError(
    "STATE_TOO_LARGE",
    `${id} would have more than ${MAX_STATE_WORDS} apps and tags together, and could not report them`,
    { hint: "Put several programs into one packet, or use fewer tags." },
  );
}

/** Says that a device's agent must be brought up to date before it can install a packet. */
export function agentTooOld(id: string, packet: PacketSummary): JamesError {
  const features = packet.features ?? [];
  return new JamesError(
    "AGENT_TOO_OLD",
    `${id}'s jamesc cannot install ${packetLabel(packet)}: it does not know ${features.join(", ")}`,
    { hint: "Bring jamesc on it up to date." },
  );
}

/** Says that a device's agent must be brought up to date before it can look for drift. */
export function agentCannotVerify(id: string): JamesError {
  return new JamesError(
    "AGENT_TOO_OLD",
    `${id}'s jamesc cannot tell whether its files are as they should be`,
    {
      hint: "Bring jamesc on it up to date.",
    },
  );
}

/** Why a device is left alone. */
export function haltError(id: string, halt: Halt): JamesError {
  return new JamesError("HISTORY_UNKNOWN", `${id} is left alone: ${haltText(halt)}`, {
    hint: `Is this the right server and its newest data? Then decide: jamesd-ctl adopt-state --id ${shellWord(id)} takes what it has as its desired state; with --from-server it gets what this server wants.`,
  });
}

/** Says that more than one machine uses the certificate of a device. */
export function deviceDoubled(id: string, { addresses }: Double): JamesError {
  return new JamesError(
    "DEVICE_DOUBLED",
    `two machines or more check in with the certificate of ${id}, from ${addresses.join(" and ")}`,
    {
      hint: "Give each a certificate (pkitool --add-client) and a state directory of its own; until then only one of them is served. This is said until another one was not heard of for an hour.",
    },
  );
}

/** Says that a device's agent must be brought up to date before it can install an app again. */
export function agentCannotReinstall(id: string): JamesError {
  return new JamesError("AGENT_TOO_OLD", `${id}'s jamesc cannot install an app again that is there`, {
    hint: "Bring jamesc on it up to date; or set a desired state without the app, and then with it again.",
  });
}

/** Says that an app which is to be installed again is not one that a device has and should have. */
export function notInstalled(id: string, app: string): JamesError {
  return new JamesError("APP_NOT_INSTALLED", `${id} does not have ${app}, or should not have it`, {
    hint: `See jamesd-ctl describe --id ${shellWord(id)}.`,
  });
}

/** Says that there is nothing to try again. */
export function retryNotNeeded(id: string): JamesError {
  return new JamesError("RETRY_NOT_NEEDED", `${id} has no failed transaction for what it should have`, {
    hint: `See jamesd-ctl get-device --id ${shellWord(id)}.`,
  });
}

/** Says that certificates are not renewed here. */
export function renewalNotOffered(): JamesError {
  return new JamesError("RENEWAL_NOT_OFFERED", "this server issues no certificates", {
    hint: "Issue another one where the first came from, and put it in its place; or start jamesd with --device-ca, which renews those of all devices.",
  });
}

function fulfilHint({ app: { name, tags }, systemtags, candidates }: Unfulfilled<WantedApp>): string {
  if (candidates.length === 0)
    return `There is no packet named ${JSON.stringify(name)}; upload one with add-packet.`;
  const known = new Set(candidates.flatMap(({ packet }) => packet.tags));
  const unknown = tags.filter((tag) => !known.has(tag));
  const typo = unknown.length > 0 ? [`No packet named ${name} has the tag ${unknown.join(" or ")}.`] : [];
  const foreign = candidates.map(({ missing }) => foreignTags(missing, systemtags));
  const possible = candidates.filter((_, i) => foreign[i]?.length === 0);
  const near = possible.length > 0 ? nearHint(possible) : foreignHint(name, new Set(foreign.flat()));
  return [...typo, near].join(" ");
}

function nearHint(candidates: readonly Candidate[]): string {
  const [nearest, ...others] = candidates
    .slice(0, MOST_NEAR)
    .filter(({ missing }) => missing.length === candidates[0]?.missing.length);
  if (!nearest) return "";
  const missing = nearest.missing.join(", ");
  const near = others.map(({ packet, missing }) => `${packetLabel(packet)} (${missing.join(", ")})`);
  return [
    `The nearest is ${packetLabel(nearest.packet)}; missing in the app's and the device's tags: ${missing}.`,
    ...(near.length > 0 ? [`As near: ${near.join(", ")}.`] : []),
  ].join(" ");
}

function foreignHint(name: string, architectures: ReadonlySet<string>): string {
  return `The packets named ${name} are for other architectures than the device's: ${[...architectures].sort().join(", ")}.`;
}

function listed(tags: readonly string[]): string {
  return tags.join(", ") || "(none)";
}

/** Says that there is nothing with which a device could begin. */
export function goNotNeeded(id: string): JamesError {
  return new JamesError("GO_NOT_NEEDED", `${id} has nothing to begin with`, {
    hint: `It has what it should have, or nobody wants anything for it: see describe --id ${shellWord(id)}.`,
  });
}
