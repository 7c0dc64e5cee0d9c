/** A device's certificate and key, PEM. */
export interface DeviceCredentials {
  readonly id: string;
  readonly cert: string;
  readonly key: string;
}

/** How much is asked at most: whichever comes first. */
export interface Limit {
  readonly requests: number;
  readonly seconds: number;
}

/** What the load generator is to do, as JSON on its standard input. */
export interface Job {
  readonly port: number;
  readonly ca: string;
  readonly devices: readonly DeviceCredentials[];
  /** Process whose processor time is read around the measured part. */
  readonly serverPid: number;
  readonly warmUp: Limit;
  readonly measured: Limit;
  /** Instead of measuring: ask once on every connection that the answer be held, until all have one. */
  readonly hold: boolean;
}

/** What it found, as JSON on its standard output. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly serverCpuMs: number;
}
