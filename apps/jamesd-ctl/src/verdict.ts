import type { DesiredChange, Device, Transaction } from "@jamesd/protocol";

/** What a look at the device says about a change that it should carry out. */
export type Verdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly transaction: Transaction }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "replaced"; readonly revision: number };

const WAITING: Verdict = { kind: "waiting" };

/** What a device is followed for: a revision of its desired state. */
export type Change = Pick<DesiredChange, "revision">;

/**
 * Judges a device after a change. Right after it the server may still show what was before, so a failure counts only
 * when its transaction was for this revision and for the packets that the device should have now.
 */
export function judge(device: Device, { revision }: Change): Verdict {
  const current = device.desired?.revision;
  if (current === undefined || current < revision) return WAITING;
  if (current > revision) return { kind: "replaced", revision: current };
  if (device.sync === "in-sync") return { kind: "done" };
  if (device.sync === "unsatisfiable") return { kind: "unsatisfiable" };
  const { transaction } = device;
  if (device.sync === "failed" && transaction && isAbout(transaction, device.target, revision))
    return { kind: "failed", transaction };
  return WAITING;
}

// A device that is stuck takes no plan, whatever it is about.
function isAbout({ outcome, ...transaction }: Transaction, target: string | null, revision: number): boolean {
  if (outcome === "stuck") return true;
  return outcome !== "committed" && transaction.revision >= revision && transaction.target === target;
}
