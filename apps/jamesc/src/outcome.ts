import { JamesError } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol";

/** Why a transaction was undone, as an error to throw or show; undefined when it was committed. */
export function failureOf(transaction: Transaction): JamesError | undefined {
  if (transaction.outcome === "committed") return undefined;
  return transaction.error
    ? JamesError.fromBody(transaction.error)
    : new JamesError("TRANSACTION_FAILED", `revision ${transaction.revision} could not be installed`);
}
