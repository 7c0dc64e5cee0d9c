import { type Digest, JamesError } from "@jamesd/model";
import type { NewEvent } from "./event.ts";
import { lockKey } from "./revocation-store.ts";

/** What all must follow who hold in memory what the repository says; each is told by an event as well, of the same kind, but for steps of a rollout that nobody need hear of. */
export type NewChange =
  | { readonly kind: "packet-added" | "packet-removed"; readonly packet: Digest }
  | { readonly kind: "revision"; readonly revision: number }
  | { readonly kind: "rollout"; readonly rollout: number }
  | {
      readonly kind:
        | "retry"
        | "reinstall"
        | "go"
        | "verify"
        | "renew"
        | "device-adopted"
        | "device-tagged"
        | "device-removed";
      readonly device: string;
    }
  | {
      readonly kind: "certificate-issued" | "certificate-replaced" | "certificate-cloned";
      readonly holder: string;
    }
  | { readonly kind: "revoked" | "unrevoked"; readonly lock: string };

/** A change with its place: 1 is the first, and each that is committed has the next, without gaps. */
export type Change = NewChange & { readonly position: number };

/** The changes in the order in which they were committed, by whichever process. */
export interface Feed {
  /** The position of the newest change; 0 when there never was one. */
  head(): Promise<number>;
  /**
   * The changes after a position, up to the newest. Undefined when they cannot be told, because the oldest of them are
   * forgotten or there never was that position: who followed loads everything anew.
   */
  changes(after: number): Promise<readonly Change[] | undefined>;
}

/** What an event tells that all must follow; undefined: nothing. */
export function changeOf(event: NewEvent): NewChange | undefined {
  switch (event.kind) {
    case "packet-added":
    case "packet-removed":
      return { kind: event.kind, packet: event.packet };
    case "revision":
      return { kind: event.kind, revision: event.revision };
    case "rollout":
      return { kind: event.kind, rollout: event.rollout };
    case "retry":
    case "reinstall":
    case "go":
    case "verify":
    case "renew":
    case "device-adopted":
    case "device-tagged":
    case "device-removed":
      return { kind: event.kind, device: event.device };
    case "certificate-issued":
    case "certificate-replaced":
    case "certificate-cloned":
      return { kind: event.kind, holder: event.device };
    case "revoked":
    case "unrevoked":
      return { kind: event.kind, lock: lockKey(event.locked) };
    default:
      return undefined;
  }
}

/** @returns CHANGE_OVERTAKEN, for what was judged at a position that is not the newest any more */
export function overtaken(): JamesError {
  return new JamesError("CHANGE_OVERTAKEN", "others changed something while this was judged", {
    hint: "Nothing was changed; try again.",
  });
}
