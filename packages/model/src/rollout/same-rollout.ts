import { canonicalJson } from "../digest.ts";
import type { GivenRollout } from "./settings.ts";

/** True when both say the same of how to spread, or neither says anything. */
export function sameRollout(a: GivenRollout | undefined, b: GivenRollout | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b);
}
