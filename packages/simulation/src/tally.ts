/** How a transaction of a simulated device ended. */
export interface Done {
  readonly device: string;
  readonly id: string;
  readonly revision: number;
  /** committed, or how else it ended. */
  readonly outcome: string;
}

/** What the devices of a fleet did together. */
export class Tally {
  checkIns = 0;
  handshakes = 0;
  /** Within TLS, both ways. */
  bytes = 0;
  /** Connections that failed or broke, and answers other than what was asked for. */
  failures = 0;
  /** Every transaction that came to its end. */
  readonly done: Done[] = [];
  /** How often each code of an error was answered. */
  readonly refused = new Map<string, number>();
  /** How long reports took until they were acknowledged, in milliseconds. */
  readonly reportMs: number[] = [];

  refuse(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }
}
