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

/** What the thread that reads an archive is given. */
export interface ArchiveTask {
  /** The open archive: a file that is open is so in every thread of a process. */
  readonly file: number;
  readonly limits: ArchiveLimits;
  /** Where contents go. */
  readonly loan: LoanTask;
}

/** An archive that is there, and what is to be made of it. */
export interface PacketTask extends ArchiveTask {
  readonly request: PacketRequest;
}

/** What it says: what the lender of the blob store has to know, then how it ended. */
export type FromThread =
  | FromBorrower
  | { readonly kind: "stored"; readonly stored: StoredPacket }
  | { readonly kind: "refused"; readonly error: ErrorBody };

/** What is to be made of the archive, all of which is there: so many bytes, or as many as the file has. */
export interface MakeMessage {
  readonly kind: "make";
  readonly request: PacketRequest;
  readonly bytes?: number;
}

/** What it hears of the archive that it reads: how much of it is there, and at last what is to be made of it. */
export type ArchiveMessage = { readonly kind: "come"; readonly bytes: number } | MakeMessage;

/** What it hears: what it is to read, then of that, and what the lender says. */
export type ToThread = { readonly kind: "task"; readonly task: ArchiveTask } | ArchiveMessage | ToBorrower;
