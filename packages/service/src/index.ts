export {
  INSTALL_FLAGS,
  INSTALL_SUMMARY,
  installService,
  UNINSTALL_FLAGS,
  UNINSTALL_SUMMARY,
  uninstallService,
} from "./commands.ts";
export { INITS, type InitName } from "./init.ts";
export { ownCommand } from "./own-command.ts";
export type { CommandLine, Service } from "./service.ts";
export { shellCommand } from "./shell.ts";
export { systemdUnit } from "./systemd.ts";
