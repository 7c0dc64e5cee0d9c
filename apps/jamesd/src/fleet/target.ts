import {
  type Digest,
  type EffectiveState,
  type InstalledApp,
  type JamesError,
  type PacketSummary,
  samePolicy,
  type Unfulfilled,
  type WantedApp,
} from "@jamesd/model";

/** What a device should have, all said, and the number that this wish is known and judged by. */
export interface Wanted extends EffectiveState {
  /** The newest revision that changed it; it never falls, also when documents are removed. */
  readonly revision: number;
  /** That of the device's own desired state; 0: it has none. */
  readonly ownRevision: number;
}

/** What is known of the paths of a set of packets: PATH_CONFLICT, null when there is none, undefined when nobody has looked yet. */
export interface PathVerdict {
  problem: JamesError | null | undefined;
}

/** What a device should have, and the packets that this leads to, or why there are none for it. */
export interface Target {
  readonly wanted: Wanted;
  readonly apps: readonly InstalledApp[];
  /** appsDigest of `apps`. */
  readonly digest: Digest;
  readonly unfulfilled: readonly Unfulfilled<WantedApp>[];
  /** Those of the packets that need features of the agent. */
  readonly demanding: readonly PacketSummary[];
  /** A device could not report that it has all that. */
  readonly isTooLarge: boolean;
  /** Whether these packets exclude each other, as far as that is known. */
  readonly paths: PathVerdict;
}

/** True when two targets are one to the device that should have them: the same packets, under the same conditions. */
export function sameForDevice(a: Target | undefined, b: Target | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  return (
    a.digest === b.digest &&
    samePolicy(a.wanted.policy, b.wanted.policy) &&
    JSON.stringify(a.wanted.windows) === JSON.stringify(b.wanted.windows)
  );
}
