import type { ArchiveLimits } from "@jamesd/archive/safe-path";
import { JamesError } from "@jamesd/model";
import type { Layout } from "../disk/layout.ts";
import type { RootFs } from "../disk/root-fs.ts";
import type { TransactionEvent } from "../event.ts";
import type { PacketStore } from "./packet-store.ts";
import type { Remote } from "./remote.ts";

/** What fetching for one transaction works with: where contents come from, where they go, and until when they are wanted. */
export interface Fetching {
  readonly remote: Remote;
  readonly signal: AbortSignal;
  readonly layout: Layout;
  readonly packets: PacketStore;
  /** Where what is installed may serve. */
  readonly root: RootFs;
  readonly limits: ArchiveLimits;
  readonly log: (event: TransactionEvent) => void;
}

/** Does what only saves bytes: what is wrong with it is logged as that of an event. @throws the signal's reason */
export async function tryToSave(
  event: string,
  { log, signal }: Fetching,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    signal.throwIfAborted();
    log({ event, error: JamesError.from(thrown).toBody() });
  }
}
