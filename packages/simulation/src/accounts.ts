import type { Done } from "./tally.ts";

/** What a server's log and its devices do not agree on. */
export interface Disagreement {
  /** Transactions of devices that the log does not have. */
  readonly lost: readonly Done[];
  /** What the log has more often than it was done. */
  readonly doubled: readonly Done[];
}

/** Compares what devices did with what a log tells; of devices with two machines nothing can be said. */
export function compareAccounts(
  done: readonly Done[],
  told: readonly Done[],
  isDoubled: (device: string) => boolean,
): Disagreement {
  const isSingle = ({ device }: Done): boolean => !isDoubled(device);
  const left = new Map(done.filter(isSingle).map((one) => [keyOf(one), one]));
  const doubled = told.filter(isSingle).filter((one) => !left.delete(keyOf(one)));
  return { lost: [...left.values()], doubled };
}

function keyOf({ device, id, revision, outcome }: Done): string {
  return JSON.stringify([device, id, revision, outcome]);
}
