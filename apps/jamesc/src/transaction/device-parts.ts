import type { ArchiveLimits } from "@jamesd/archive/safe-path";
import type { Tag } from "@jamesd/model";
import type { Layout } from "./disk/layout.ts";
import type { RootFs } from "./disk/root-fs.ts";
import type { TransactionEvent } from "./event.ts";
import type { PacketStore } from "./fetch/packet-store.ts";
import type { Go } from "./go.ts";
import type { StateFile } from "./journal/state-file.ts";
import type { OwnProgram } from "./own/own-program.ts";

export interface TransactionOptions {
  readonly installRoot: string;
  readonly stateDir: string;
  /** Files that the agent itself runs by; only a packet that is declared for it may replace them. */
  readonly ownFiles?: readonly string[];
  /** The program that runs; undefined: plans that replace it are like any other. */
  readonly own?: OwnProgram;
  readonly deviceId: string;
  readonly systemTags: readonly Tag[];
  /** How long one script may run. */
  readonly scriptTimeoutMs: number;
  /** How long a healthcheck may take to succeed, tries and pauses together. */
  readonly healthcheckTimeoutMs: number;
  /** What a packet may be like. */
  readonly limits: ArchiveLimits;
  /** The install root and what is mounted below it are right as they are, whatever was noted. */
  readonly acceptRoot?: boolean;
  /** Takes the exclusive right to the state directory, before it is used; what it throws is told, and it is tried again. */
  readonly enter?: () => Promise<void>;
  /** Asked between the two halves of a transaction. */
  readonly go: Go;
  readonly log: (event: TransactionEvent) => void;
}

/** What every part of a transaction works on. */
export interface DeviceParts {
  readonly options: TransactionOptions;
  readonly layout: Layout;
  readonly root: RootFs;
  readonly store: PacketStore;
  readonly state: StateFile;
}
