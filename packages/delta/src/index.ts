export { applyDelta, type DeltaBase } from "./apply.ts";
export { denseText, plainText } from "./dense-text.ts";
export type { DeltaSource } from "./format.ts";
export { deltaMemory, makeDelta } from "./make.ts";
export { joinPair, splitPair } from "./pair.ts";
