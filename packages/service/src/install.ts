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

/** What there is to do to have a service, started at boot. */
export function installActions(service: Service, { init: initName, command, isStarted }: Installing) {
  const { name, user } = service;
  const init = INITS[initName];
  const made: Action[] = [
    ...(user === "root" ? [] : [{ kind: "user" as const, name: user, home: `/var/lib/${name}` }]),
    { kind: "folder", path: `/etc/${name}/pki` },
    { kind: "file", path: init.file(name), mode: init.mode, text: init.render(service, command) },
    ...init.links(name).map(([path, target]): Action => ({ kind: "link", path, target })),
  ];
  return isStarted ? [...made, ...runs([...init.reload, init.start(name)])] : made;
}

/** What there is to do to be rid of a service; settings, state and user stay. */
export function uninstallActions(name: string, initName: InitName, isRunning: boolean): readonly Action[] {
  const init = INITS[initName];
  const removed: Action[] = [
    ...init.links(name).map(([path]): Action => ({ kind: "remove", path })),
    { kind: "remove", path: init.file(name) },
  ];
  if (!isRunning) return removed;
  return [...runs([init.stop(name)]), ...removed, ...runs(init.reload)];
}

function runs(commands: readonly CommandLine[]): readonly Action[] {
  return commands.map((command) => ({ kind: "run", command }));
}
