import { describeStep, type Step } from "@jamesd/model";
import type { PacketTags } from "@jamesd/protocol";

/** Steps in words, with the tags of their packets where they are known, so that versions are told apart. */
export function stepTexts(steps: readonly Step[], packets: PacketTags = {}): readonly string[] {
  return steps.map((step) => describeStep(step, packets[step.packet]));
}
