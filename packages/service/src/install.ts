import { basename, dirname } from "node:path";
import type { Action } from "./action.ts";
import { INITS, type InitName } from "./init.ts";
import type { CommandLine, Service } from "./service.ts";

/** How a service is installed. */
export interface Installing {
  readonly init: InitName;
  readonly command: CommandLine;
  /** It is this machine, and not an image, and it is to run now. */
  readonly isStarted: boolean;
}

/** The words by which an init system starts the program that these words start. */
export function startedBy({ name, launcher }: Service, command: CommandLine): CommandLine {
  return launcher ? [launcherPath(name), ...launcher.args, ...command] : command;
}

/** Where the script is that starts a program. */
function launcherPath(name: string): string {
  return `/usr/local/lib/${name}/launch`;
}

/** What there is to do to have a service, started at boot. */
export function installActions(service: Service, { init: initName, command, isStarted }: Installing) {
  const { name, user, launcher } = service;
  const init = INITS[initName];
  const path = launcherPath(name);
  const words = startedBy(service, command);
  const made: Action[] = [
    ...(user === "root" ? [] : [{ kind: "user" as const, name: user, home: `/var/lib/${name}` }]),
    { kind: "folder", path: `/etc/${name}/pki` },
    ...(launcher ? [{ kind: "file" as const, path, mode: 0o755, text: launcher.text }] : []),
    { kind: "file", path: init.file(name), mode: init.mode, text: init.render(service, words) },
    ...init.links(name).map(([path, target]): Action => ({ kind: "link", path, target })),
  ];
  return isStarted ? [...made, ...runs([...init.reload, init.start(name)])] : made;
}

/** What there is to do to be rid of a service; settings, state and user stay. */
export function uninstallActions(name: string, initName: InitName, isRunning: boolean): readonly Action[] {
  const init = INITS[initName];
  const launcher = launcherPath(name);
  const removed: Action[] = [
    ...init.links(name).map(([path]): Action => ({ kind: "remove", path })),
    { kind: "remove", path: init.file(name) },
    { kind: "remove", path: launcher },
    { kind: "prune", path: dirname(launcher), gone: basename(launcher) },
  ];
  if (!isRunning) return removed;
  return [...runs([init.stop(name)]), ...removed, ...runs(init.reload)];
}

function runs(commands: readonly CommandLine[]): readonly Action[] {
  return commands.map((command) => ({ kind: "run", command }));
}
