import type { DesiredChange, Device, Transaction } from "@jamesd/protocol";

/** What a look at the device says about a change that it should carry out. */
export type Verdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly transaction: Transaction }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "replaced"; readonly revision: number };

const WAITING: Verdict = { kind: "waiting" };

/**
 * Judges a device after a change. Right after it the server may still show what was before, so a failure counts only
 * when its transaction was for this revision and for the packets that the device should have now.
 */
export function judge(device: Device, { revision }: Pick<DesiredChange, "revision">): Verdict {
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

function isAbout(transaction: Transaction, target: string | null, revision: number): boolean {
  return (
    transaction.outcome === "rolled-back" &&
    transaction.revision === revision &&
    transaction.target === target
  );
}
