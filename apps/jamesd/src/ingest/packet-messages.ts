import type { ArchiveLimits } from "@jamesd/archive";
import type { ErrorBody } from "@jamesd/model";
import type { FromBorrower, LoanTask, ToBorrower } from "../blobs/blob-store.ts";
import type { PackedPacket } from "../repository/packed-packet.ts";
import type { PacketRequest } from "./packet-request.ts";

/** A packet whose contents are stored durably. */
export interface StoredPacket {
  readonly packet: PackedPacket;
  /** What is probably not meant. */
  readonly warnings: readonly string[];
}

/** What the thread that makes a packet is given. */
export interface PacketTask {
  /** The open archive: a file that is open is so in every thread of a process. */
  readonly file: number;
  readonly request: PacketRequest;
  readonly limits: ArchiveLimits;
  /** Where contents go. */
  readonly loan: LoanTask;
}

/** What it says: what the lender of the blob store has to know, then how it ended. */
export type FromThread =
  | FromBorrower
  | { readonly kind: "stored"; readonly stored: StoredPacket }
  | { readonly kind: "refused"; readonly error: ErrorBody };

/** What it hears: what it is to do, and what the lender says. */
export type ToThread = { readonly kind: "task"; readonly task: PacketTask } | ToBorrower;
