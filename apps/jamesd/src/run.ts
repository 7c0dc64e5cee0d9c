import { type AddressInfo, isIPv6 } from "node:net";
import { type Flags, type FlagValues, type ProcessOutput, reloadWhenReplaced } from "@jamesd/config";
import { addFlags, addOptions, readCommandFlags, readOptions, runCommand } from "@jamesd/config/commander";
import { makePinoLog } from "@jamesd/config/pino";
import { JamesError } from "@jamesd/model";
import {
  INSTALL_FLAGS,
  INSTALL_SUMMARY,
  installService,
  UNINSTALL_FLAGS,
  UNINSTALL_SUMMARY,
  uninstallService,
} from "@jamesd/service";
import { serviceManager } from "@jamesd/service/notify";
import { Command } from "commander";
import { CONFIG_FILES, type Config, ENV_PREFIX, OPTIONS } from "./config.ts";
import { DATA_COMMANDS } from "./data-commands.ts";
import { SUMMARY } from "./program.ts";
import type { RunningServer } from "./server.ts";
import { SERVICE } from "./service.ts";
import { VERSION } from "./version.ts";

/** Runs jamesd until it is told to stop. @returns the exit code */
export async function run(
  argv: readonly string[],
  output: ProcessOutput,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const command = new Command("jamesd").description(SUMMARY).version(VERSION);
  addOptions(command, OPTIONS, ENV_PREFIX);
  const settings = (): Promise<Config> =>
    readOptions(command, OPTIONS, { envPrefix: ENV_PREFIX, files: CONFIG_FILES, env });
  command.action(async () => {
    const config = await settings();
    const log = makePinoLog(config);
    let server: RunningServer | undefined;
    const manager = serviceManager(env, {
      isAlive: async () => (await server?.isAlive()) ?? false,
      failed: (message) => log.logger.warn(message),
    });
    const { ca, cert, key, crl, deviceCa, deviceCaKey } = config;
    const files = [ca, cert, key, crl, deviceCa, deviceCaKey].filter((file) => file !== undefined);
    reloadWhenReplaced(log, files, () => server?.reload());
    // Loaded by who serves: a command about the data folder needs a part of it.
    const { startServer } = await import("./server.ts");
    server = await startServer(config, log.logger);
    output.announce(`jamesd is ready on ${whereOf(server)}\n`);
    await manager.ready();
    await stopSignal();
    manager.close();
    await server.close();
  });
  addDataCommands(command, output, async () => (await settings()).data);
  addServiceCommands(command, output);
  return runCommand(command, argv, output);
}

// What is done to a data folder instead of serving it.
function addDataCommands(command: Command, output: ProcessOutput, data: () => Promise<string>): void {
  for (const { name, summary, flags, work } of DATA_COMMANDS) {
    const made = addFlags(command.command(name).description(summary), flags);
    made.action(async () => work(readCommandFlags(made, flags), await data(), output));
  }
}

function addServiceCommands(command: Command, output: ProcessOutput): void {
  addCommand(command, "install-service", INSTALL_SUMMARY, INSTALL_FLAGS, (flags) =>
    installService(SERVICE, flags, output),
  );
  addCommand(command, "uninstall-service", UNINSTALL_SUMMARY, UNINSTALL_FLAGS, (flags) =>
    uninstallService(SERVICE.name, flags, output),
  );
}

function addCommand<F extends Flags>(
  parent: Command,
  name: string,
  summary: string,
  flags: F,
  work: (values: FlagValues<F>) => void,
): void {
  const command = addFlags(parent.command(name).description(summary), flags);
  command.action(() => {
    const [setting] = Object.keys(parent.opts());
    if (setting !== undefined)
      throw new JamesError("USAGE", `${name} takes no settings of the server, such as --${setting}`, {
        hint: `Write them into ${CONFIG_FILES[0]}, where the service finds them.`,
      });
    work(readCommandFlags(command, flags));
  });
}

function whereOf({ address, enrollAddress, metricsAddress, dashboardAddress }: RunningServer): string {
  const enrolling = enrollAddress ? `; new devices join on ${written(enrollAddress)}` : "";
  const telling = metricsAddress ? `; metrics are on ${written(metricsAddress)}` : "";
  const showing = dashboardAddress ? `; the dashboard is on ${written(dashboardAddress)}` : "";
  return `${written(address)}${enrolling}${telling}${showing}`;
}

function written({ address, port }: AddressInfo): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

// A second signal, whichever, ends the process at once, as people expect of Ctrl-C twice.
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isFirst = true;
    const stop = (): void => {
      if (!isFirst) process.exit(130);
      isFirst = false;
      resolve();
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  });
}
