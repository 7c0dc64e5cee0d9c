import { type CommandText, commonFlags, type ProgramText } from "@jamesd/config/shell";
import { INSTALL_FLAGS, INSTALL_SUMMARY, UNINSTALL_FLAGS, UNINSTALL_SUMMARY } from "@jamesd/service";
import { CONFIG_FILES, ENV_PREFIX, OPTIONS } from "./config.ts";
import { DATA_COMMANDS } from "./data-commands.ts";
import { VERSION } from "./version.ts";

/** What jamesd is, in one line. */
export const SUMMARY = "The server of the fleet: packets, desired states, devices.";

/** jamesd as its completion and its manual page tell of it. */
export const PROGRAM: ProgramText = {
  ...{ name: "jamesd", version: VERSION, summary: SUMMARY, section: 8 },
  ...{ settings: OPTIONS, envPrefix: ENV_PREFIX, files: CONFIG_FILES, flags: commonFlags(ENV_PREFIX) },
  commands: [
    ...DATA_COMMANDS.map(({ name, summary, flags }): CommandText => ({ name, aliases: [], summary, flags })),
    { name: "install-service", aliases: [], summary: INSTALL_SUMMARY, flags: INSTALL_FLAGS },
    { name: "uninstall-service", aliases: [], summary: UNINSTALL_SUMMARY, flags: UNINSTALL_FLAGS },
  ],
};
