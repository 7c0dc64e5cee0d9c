import { statSync } from "node:fs";
import { resolve } from "node:path";
import { choice, type FlagValues, flag, type Output, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { type Action, actionText, carryOut, isNeeded } from "./action.ts";
import { isThere } from "./in-image.ts";
import { findInit, INITS, type InitName } from "./init.ts";
import { installActions, startedBy, uninstallActions } from "./install.ts";
import { commandInImage, ownCommand } from "./own-command.ts";
import type { CommandLine, Service } from "./service.ts";

const init = choice({
  help: "the init system; found out unless given",
  choices: ["auto", "systemd", "openrc", "sysv"],
  default: "auto",
});
const root = text({
  value: "DIR",
  help: "the top of an image to do it in; nothing is started or stopped then",
  default: "/",
});
const dryRun = flag({ help: "say what would be done, and do nothing" });

/** The flags of `install-service`. */
export const INSTALL_FLAGS = {
  init,
  root,
  program: text({
    value: "PATH",
    help: "the program to start; this one unless given, or with --root the one in /usr/local/bin or /usr/bin there",
  }),
  noStart: flag({ help: "have it started at boot only" }),
  dryRun,
  print: flag({ help: "print the unit or script, and do nothing" }),
};

/** The flags of `uninstall-service`. */
export const UNINSTALL_FLAGS = { init, root, dryRun };

export const INSTALL_SUMMARY =
  "Have the init system start it, now and at boot: systemd, OpenRC or System V init.";
export const UNINSTALL_SUMMARY = "Stop it and have it started no more; settings, state and user stay.";

/** Installs this program as a service. @throws JamesError INIT_UNKNOWN, SERVICE_FAILED, USAGE */
export function installService(
  service: Service,
  flags: FlagValues<typeof INSTALL_FLAGS>,
  output: Output,
): void {
  const where = topOf(flags.root);
  const initName = chosenInit(flags.init, where);
  const command = commandFor(service.name, flags.program, where);
  refuseBroken(command);
  if (flags.print) {
    output.out(INITS[initName].render(service, startedBy(service, command)));
    return;
  }
  refuseSecond(service.name, where);
  const isStarted = where === "/" && !flags.noStart;
  carryOutAll(installActions(service, { init: initName, command, isStarted }), where, flags.dryRun, output);
}

/** Removes the service. @throws JamesError INIT_UNKNOWN, SERVICE_FAILED */
export function uninstallService(
  name: string,
  flags: FlagValues<typeof UNINSTALL_FLAGS>,
  output: Output,
): void {
  const where = topOf(flags.root);
  const initName = chosenInit(flags.init, where);
  const isStopped = where === "/" && isThere(where, INITS[initName].file(name));
  const actions = uninstallActions(name, initName, isStopped);
  if (!carryOutAll(actions, where, flags.dryRun, output)) output.out(`there is no service ${name}\n`);
}

function topOf(root: string): string {
  const where = resolve(root);
  if (statSync(where, { throwIfNoEntry: false })?.isDirectory()) return where;
  throw new JamesError("USAGE", `--root: ${where} is not a folder`, { hint: "Name the top of an image." });
}

function chosenInit(given: InitName | "auto", where: string): InitName {
  return given === "auto" ? findInit(where) : given;
}

function commandFor(name: string, given: string | undefined, where: string): CommandLine {
  if (given === undefined) return where === "/" ? ownCommand() : commandInImage(where, name);
  if (given.startsWith("/")) return [given];
  throw new JamesError("USAGE", `--program: ${given} does not begin with /`, {
    hint: "Name the program as it is found on the machine that it is for.",
  });
}

// In a unit or script it would begin a line of its own, which is whatever stands there.
function refuseBroken(command: CommandLine): void {
  const broken = command.find((word) => /\p{Cc}/u.test(word));
  if (broken === undefined) return;
  throw new JamesError("USAGE", `${JSON.stringify(broken)} has a control character`, {
    hint: "Start the program by another path.",
  });
}

// A unit in /etc would hide that of the package, also from the package's own updates.
function refuseSecond(name: string, where: string): void {
  const unit = [`/usr/lib/systemd/system/${name}.service`, `/lib/systemd/system/${name}.service`].find(
    (path) => isThere(where, path),
  );
  if (unit === undefined) return;
  throw new JamesError(
    "SERVICE_FAILED",
    `${name} is a service already, by a package of the system: ${unit}`,
    {
      hint: `Have it started with systemctl enable --now ${name}.`,
    },
  );
}

/** @returns whether there was something to do */
function carryOutAll(actions: readonly Action[], where: string, isDryRun: boolean, output: Output): boolean {
  // What the system runs by is for all to read, whatever the program's own files are.
  if (!isDryRun) process.umask(0o022);
  const needed = actions.filter((action) => isNeeded(action, where));
  for (const action of needed) {
    if (!isDryRun) carryOut(action, where);
    output.out(`${actionText(action)}\n`);
  }
  return needed.length > 0;
}
