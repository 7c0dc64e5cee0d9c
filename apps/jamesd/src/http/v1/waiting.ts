import type * as wire from "@jamesd/protocol";
import type { Answer } from "./answer.ts";

/** A rollout that does not admit a device yet. */
export interface Waiting {
  readonly revision: number;
  /** The wave that the device will be in, from 1; undefined: not known. */
  readonly wave: number | undefined;
}

/** For what a device waits. */
export function wireWaiting({ revision, wave }: Waiting): Answer<wire.WaitingFor> {
  return { revision, wave: wave ?? null };
}
