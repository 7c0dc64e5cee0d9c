import {
  type Candidate,
  JamesError,
  MAX_STATE_WORDS,
  packetLabel,
  type SpecConflict,
  type Unfulfilled,
} from "@jamesd/model";

/** Says which wish no packet fulfils, which packet came nearest, and which tags it lacks. */
export function noPacketFulfils(id: string, { app, candidates }: Unfulfilled): JamesError {
  const wish = `${app.name} with tags ${app.tags.join(", ") || "(none)"}`;
  const [nearest] = candidates;
  return new JamesError("NO_PACKET_FULFILS", `no packet fulfils ${wish} on ${id}`, {
    hint: nearest
      ? nearestHint(nearest)
      : `There is no packet named ${JSON.stringify(app.name)}; upload one with add-packet.`,
  });
}

/** Says which specs contradict each other. */
export function specsContradict(id: string, { app, specs }: SpecConflict): JamesError {
  return new JamesError(
    "SPEC_CONFLICT",
    `the specs ${specs.join(" and ")} want ${app} with different tags on ${id}`,
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

function nearestHint({ packet, missing }: Candidate): string {
  return `The nearest is ${packetLabel(packet)}; missing in the app's and the device's tags: ${missing.join(", ")}.`;
}
