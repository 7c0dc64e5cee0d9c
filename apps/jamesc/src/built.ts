import { statSync } from "node:fs";

/**
 * When this program was built, in milliseconds since the epoch: it cannot be earlier now. Bundles have it as a number
 * (scripts/bundle.ts); in a checkout it is when this file came there.
 */
export const BUILT: number = import.meta.filename === undefined ? 0 : statSync(import.meta.filename).mtimeMs;
