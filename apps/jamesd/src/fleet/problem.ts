import { type Candidate, JamesError, packetLabel, type SpecConflict, type Unfulfilled } from "@jamesd/model";

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

function nearestHint({ packet, missing }: Candidate): string {
  return `The nearest is ${packetLabel(packet)}; missing in the app's and the device's tags: ${missing.join(", ")}.`;
}
