/** What a program is as a service, whatever init system starts it. */
export interface Service {
  /** Of the program and the service. Its settings are in `/etc/NAME`, its state is in `/var/lib/NAME`. */
  readonly name: string;
  readonly description: string;
  /** Who it runs as. */
  readonly user: string;
  /** Seconds until it is started again when it ended. */
  readonly restartSeconds: number;
  /** Seconds that it may take to stop. */
  readonly stopSeconds: number;
  /** Files and connections that it may have open; undefined: as many as the system says. */
  readonly openFiles: number | undefined;
  /** A script that starts the program, kept apart from it: what is given to it before the words of the program. */
  readonly launcher?: { readonly text: string; readonly args: readonly string[] };
  /** Lines for systemd alone, comments included. */
  readonly systemd: { readonly unit: string; readonly service: string };
}

/** The words that start a program: its file and arguments. */
export type CommandLine = readonly [string, ...string[]];
