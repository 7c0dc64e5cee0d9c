import { JamesError } from "@jamesd/model";

export function invalidDelta(why: string, cause?: unknown): JamesError {
  return new JamesError("DELTA_INVALID", `this is not a delta for this content: ${why}`, { cause });
}
