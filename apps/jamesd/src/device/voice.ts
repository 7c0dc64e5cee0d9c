/** Who speaks for a device at a check-in. */
export interface Voice {
  /** What the agent calls itself: the same as long as the machine runs and the state directory is there. Undefined: an agent of before. */
  readonly instance: string | undefined;
  /** Number of the connection that it came by, in this process. */
  readonly connection: number;
  /** IP address of the connection. */
  readonly address: string;
}

/** Two or more machines check in with the certificate of one device. */
export interface Double {
  /** Where they come from, those that were heard of lately. */
  readonly addresses: readonly string[];
}
