/** The half that a device needs: it runs on Node 20. */
export { applyDelta, type DeltaBase } from "./apply.ts";
export { denseText, plainText } from "./dense-text.ts";
export type { DeltaSource } from "./format.ts";
export { splitPair } from "./pair.ts";
