import type { Command } from "../cli/command.ts";

/** What is known of a command before it is called. */
interface Listed {
  readonly summary: string;
  /** Loads its module: an agent that waits is not to hold in memory what nobody calls. */
  readonly load: () => Promise<Command>;
}

/** Every command, by its name, in the order of the help. Without one jamesc is the daemon. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  status: {
    summary: "say what this device is, what is installed, and what happened last",
    load: async () => (await import("./status.ts")).status,
  },
  history: {
    summary: "list the transactions of this device, the last ones last",
    load: async () => (await import("./history.ts")).history,
  },
  log: {
    summary: "print what happened in the transactions of this device, with what their scripts said",
    load: async () => (await import("./log.ts")).log,
  },
  list: {
    summary: "list the apps that are installed, or the files of one",
    load: async () => (await import("./list.ts")).list,
  },
  owns: {
    summary: "say which app a file belongs to",
    load: async () => (await import("./owns.ts")).owns,
  },
  verify: {
    summary: "compare every file of the installed apps with their packets",
    load: async () => (await import("./verify.ts")).verify,
  },
  apply: {
    summary: "carry out a desired state with packets of an export file, without a server",
    load: async () => (await import("./apply.ts")).apply,
  },
  work: {
    summary: "check in and do what there is to do, until there is nothing; for jamesc-waiter",
    load: async () => (await import("./work.ts")).work,
  },
  waiter: {
    summary: "print jamesc-waiter, a shell script that waits with little memory and calls jamesc work",
    load: async () => (await import("./waiter.ts")).waiter,
  },
  lock: {
    summary: "run a command, and begin no update as long as it runs",
    load: async () => (await import("./lock.ts")).lock,
  },
  "install-service": {
    summary: "have the init system start the agent, now and at boot: systemd, OpenRC or System V init",
    load: async () => (await import("./install-service.ts")).installCommand,
  },
  "uninstall-service": {
    summary: "stop the agent and have it started no more; settings and state stay",
    load: async () => (await import("./uninstall-service.ts")).uninstallCommand,
  },
  "self-test": {
    summary:
      "see whether this jamesc can go on where another one is: settings, what it has written, the server",
    load: async () => (await import("./self-test.ts")).selfTest,
  },
};
