import type { PacketSummary } from "@jamesd/model";

/** What is known of a packet without its manifest. */
export interface PacketInfo extends PacketSummary {
  readonly files: number;
  /** Bytes of all files together. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly uploaded: number;
  /** Who uploaded it: the common name of the certificate. */
  readonly author: string;
}
