export { applyDelta, type DeltaBase, type DeltaSource } from "./apply.ts";
export { deltaMemory, makeDelta } from "./make.ts";
export { joinPair, splitPair } from "./pair.ts";
