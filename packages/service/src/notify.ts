// The agent loads this file on every device: nothing but what Node has.

/** Variables by which systemd says that, where and how often it is to be told (sd_notify(3), sd_watchdog_enabled(3)). */
const SOCKET = "NOTIFY_SOCKET";
const WATCHDOG = "WATCHDOG_USEC";
const WATCHDOG_PID = "WATCHDOG_PID";
/** It hangs when it takes longer: then the next message is tried. */
const LONGEST_MS = 20_000;

/** What tells the service manager how this program is; nothing, where none asked to be told. */
export interface ServiceManager {
  /** Says that the program is ready to work. From then on it is told, as often as it wants, that the program lives. */
  ready(): Promise<void>;
  /** Says nothing more. */
  close(): void;
}

/** What a program hands in: whether it lives, and where it says that it could not be told. */
interface Living {
  /** Asked each time before the service manager is told; when it says no, or nothing, the program is not known to live. */
  readonly isAlive: () => boolean | Promise<boolean>;
  readonly failed: (message: string) => void;
}

/**
 * The service manager that started this program. Node speaks no datagrams to sockets in the file system, so
 * `systemd-notify`, which every systemd brings, is started each time. What is in `env` for it is taken out: processes of
 * this program are not to speak for it.
 */
export function serviceManager(env: NodeJS.ProcessEnv, { isAlive, failed }: Living): ServiceManager {
  const { [SOCKET]: socket, [WATCHDOG]: watchdog } = env;
  for (const name of [SOCKET, WATCHDOG, WATCHDOG_PID]) delete env[name];
  if (!socket) return { ready: async () => undefined, close: () => undefined };
  const tell = async (...words: readonly string[]): Promise<void> => {
    const { execFile } = await import("node:child_process");
    await new Promise<void>((resolve) => {
      const variables = { PATH: env.PATH, [SOCKET]: socket };
      execFile("systemd-notify", words, { env: variables, timeout: LONGEST_MS }, (error) => {
        if (error) failed(error.message.trim());
        resolve();
      });
    });
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    async ready() {
      await tell("--ready");
      // Twice in the time after which the service manager takes it for dead.
      const pauseMs = Number(watchdog) / 1000 / 2;
      if (!(pauseMs > 0)) return;
      timer = setInterval(async () => {
        if (await isAlive()) await tell("WATCHDOG=1");
      }, pauseMs).unref();
    },
    close: () => clearInterval(timer),
  };
}
