import type * as wire from "@jamesd/protocol";
import type { CandidatePacket, DevicePlan, Explanation, PacketImpact } from "../../desired/look-ahead.ts";
import type { Answer } from "./answer.ts";
import type { PacketTags } from "./changes.ts";
import { wireError, wireStep } from "./nouns.ts";

/** What a device would do now. */
export function wireDevicePlan(plan: DevicePlan, packets: PacketTags): Answer<wire.DevicePlan> {
  const { id, sync, revision, steps, bytes, problem } = plan;
  return {
    ...{ id, sync, revision, steps: steps.map(wireStep), packets, bytes },
    problem: problem && wireError(problem),
  };
}

/** Why a device gets a packet. */
export function wireExplanation(explanation: Explanation): Answer<wire.Explanation> {
  const { id, name, tags, spec, systemtags, chosen, candidates, more } = explanation;
  return { id, name, tags, spec, systemtags, chosen, candidates: candidates.map(wireCandidate), more };
}

/** What a packet more or less would mean. */
export function wirePacketImpact(impact: PacketImpact): Answer<wire.PacketImpact> {
  const { devices, connected, unsatisfiable, ids } = impact;
  return { devices, connected, unsatisfiable, ids };
}

function wireCandidate({ digest, name, tags, missing }: CandidatePacket) {
  return { digest, name, tags, missing };
}
