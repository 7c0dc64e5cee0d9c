/** The half that a device needs: it runs on Node 20. */
export { applyDelta, type DeltaBase } from "./apply.ts";
export { denseText, plainText } from "./dense-text.ts";
export { splitPair } from "./pair.ts";
export type { DeltaSource } from "./source.ts";
