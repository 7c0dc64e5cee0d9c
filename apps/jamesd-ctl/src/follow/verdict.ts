import type { DesiredChange, Device, ShownTransaction } from "@jamesd/protocol";

/** What a look at the device says about a change that it should carry out. */
export type Verdict =
  | { readonly kind: "waiting" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly transaction: ShownTransaction }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "halted" }
  | { readonly kind: "doubled" }
  /** By a newer revision; null: nobody wants anything for it any more. */
  | { readonly kind: "replaced"; readonly revision: number | null };

const WAITING: Verdict = { kind: "waiting" };

/** What a device is followed for, as an answer of the server gave it. */
export interface Change extends Pick<DesiredChange, "revision"> {
  /** Id of the wish that an app be installed again. */
  readonly reinstall?: string | undefined;
  /** Made by the command that follows it; else the revision was there before. */
  readonly isMade?: boolean;
}

/**
 * Judges a device after a change. Right after it the server may still show what was before, so a failure counts only
 * when its transaction was for this revision and for the packets that the device should have now.
 */
export function judge(device: Device, { revision, reinstall }: Change): Verdict {
  if (device.sync === "halted") return { kind: "halted" };
  // What one of them has says nothing of the other.
  if (device.sync === "doubled") return { kind: "doubled" };
  // One number for all that a device should have, whoever wants it: its own desired state, or specs.
  const current = device.revision;
  if (current === null) return { kind: "replaced", revision: current };
  if (current < revision) return WAITING;
  if (current > revision) return { kind: "replaced", revision: current };
  const answer = reinstall === undefined ? undefined : answerTo(reinstall, device);
  if (answer) return answer;
  if (device.sync === "in-sync") return { kind: "done" };
  if (device.sync === "unsatisfiable") return { kind: "unsatisfiable" };
  const { transaction } = device;
  if (device.sync === "failed" && transaction && isAbout(transaction, device.target, revision))
    return { kind: "failed", transaction };
  return WAITING;
}

/** What the transaction that was for a wish says; undefined: another came since, or there was none. */
function answerTo(wish: string, { transaction, ...device }: Device): Verdict | undefined {
  if (device.reinstall?.id === wish) return WAITING;
  if (transaction?.reinstall !== wish) return undefined;
  return transaction.outcome === "committed" ? { kind: "done" } : { kind: "failed", transaction };
}

// A device that is stuck takes no plan, whatever it is about.
function isAbout(
  { outcome, ...transaction }: ShownTransaction,
  target: string | null,
  revision: number,
): boolean {
  if (outcome === "stuck") return true;
  return outcome !== "committed" && transaction.revision >= revision && transaction.target === target;
}
