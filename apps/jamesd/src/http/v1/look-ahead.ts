import type * as wire from "@jamesd/protocol";
import type {
  CandidatePacket,
  DevicePlan,
  Explanation,
  LaterPlan,
  PacketImpact,
} from "../../desired/look-ahead.ts";
import type { Answer } from "./answer.ts";
import type { PacketTags } from "./changes.ts";
import { wireError, wireStep } from "./nouns.ts";
import { type Waiting, wireWaiting } from "./waiting.ts";

/** What a device would do now. */
export function wireDevicePlan(
  plan: DevicePlan,
  packets: PacketTags,
  waits: readonly Waiting[],
): Answer<wire.DevicePlan> {
  const { id, sync, revision, steps, bytes, problem, later } = plan;
  return {
    ...{ id, sync, revision, steps: steps.map(wireStep), packets, bytes },
    problem: problem && wireError(problem),
    ...(later.length > 0 && { later: later.map((one) => wireLater(one, waits)) }),
  };
}

/** Why a device gets a packet. */
export function wireExplanation(
  explanation: Explanation,
  waits: readonly Waiting[],
): Answer<wire.Explanation> {
  const { id, name, tags, spec, systemtags, chosen, candidates, more } = explanation;
  const said = { id, name, tags, spec, systemtags, chosen, candidates: candidates.map(wireCandidate), more };
  return waits.length > 0 ? { ...said, waits: waits.map(wireWaiting) } : said;
}

/** What a packet more or less would mean. */
export function wirePacketImpact(impact: PacketImpact): Answer<wire.PacketImpact> {
  const { devices, connected, unsatisfiable, ids } = impact;
  return { devices, connected, unsatisfiable, ids };
}

function wireLater({ revision, steps, bytes, problem }: LaterPlan, waits: readonly Waiting[]) {
  const way = { steps: steps.map(wireStep), bytes, problem: problem && wireError(problem) };
  const wave = waits.find((one) => one.revision === revision)?.wave;
  return { ...wireWaiting({ revision, wave }), ...way };
}

function wireCandidate({ digest, name, tags, missing }: CandidatePacket) {
  return { digest, name, tags, missing };
}
