/** How a fleet is at one moment. */
export interface Sample {
  /** Milliseconds since the simulation began. */
  readonly atMs: number;
  readonly devices: number;
  readonly connected: number;
  /** Have said all there is to say, and the server has acknowledged it. */
  readonly told: number;
  /** Have carried out what is wanted, and the server knows. */
  readonly inSync: number;
  readonly working: number;
  /** Have a plan that failed, and wait to try it again. */
  readonly failed: number;
  /** Since the beginning. */
  readonly checkIns: number;
  readonly bytes: number;
  readonly transactions: number;
  readonly failures: number;
}

/** Something that was done to the fleet. */
export interface Mark {
  readonly atMs: number;
  readonly what: string;
}
