import { counted, describeStep } from "@jamesd/model";
import type { Applied, PacketTags } from "@jamesd/protocol";

/** What a change means, in a sentence: how many documents and devices. */
export function changeText({
  documents,
  impact: { devices, connected, unsatisfiable },
}: Pick<Applied, "documents" | "impact">): string {
  if (documents.length === 0) return "It is so already: nothing changes.";
  const there = devices === 0 ? "" : `, ${connected} of them connected`;
  const broken =
    unsatisfiable === 0 ? "" : `; ${counted(unsatisfiable, "device")} cannot have what they should then`;
  return `${counted(documents.length, "document")} changed, ${counted(devices, "device")} should have something else${there}${broken}.`;
}

/** How many devices each wave of a change would have, in a sentence. */
export function wavesText(waves: NonNullable<Applied["waves"]>): string {
  return `Waves: ${waves.map(({ wave, devices }) => `${wave}, ${counted(devices, "device")}`).join("; ")}.`;
}

/** What some devices will do, in a line. */
export function groupText(
  { devices, ids, steps, problem }: Applied["impact"]["groups"][number],
  packets: PacketTags = {},
): string {
  const named = ids.slice(0, 5).join(", ");
  const who = `${named}${devices > Math.min(5, ids.length) ? ` and ${devices - Math.min(5, ids.length)} more` : ""}`;
  if (problem) return `${who}: ${problem.message}`;
  return `${who}: ${steps.map((step) => describeStep(step, packets[step.packet])).join(", ") || "nothing to do"}`;
}
