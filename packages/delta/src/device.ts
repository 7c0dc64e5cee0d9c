/** The half that a device needs: it runs on Node 20. */
export { applyDelta, type DeltaBase, type DeltaSource } from "./apply.ts";
export { splitPair } from "./pair.ts";
