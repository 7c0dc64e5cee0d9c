/** How often the daemon asks. */
export interface Cadence {
  readonly intervalMs: number;
  /** Ask every interval, instead of letting the server hold the question. */
  readonly poll: boolean;
}
