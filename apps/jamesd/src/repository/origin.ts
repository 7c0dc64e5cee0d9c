import type { Scope } from "@jamesd/model";

/** Who asks for something, from where and when. */
export interface Origin {
  /** Common name of the certificate. */
  readonly author: string;
  /** IP address of the connection. */
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What of the fleet it may change; left out: all. */
  readonly scope?: Scope | undefined;
}

/** The origin of a request, without what else it says. */
export function originOf({ author, address, time }: Origin): Origin {
  return { author, address, time };
}
