export {
  INSTALL_FLAGS,
  INSTALL_SUMMARY,
  installService,
  UNINSTALL_FLAGS,
  UNINSTALL_SUMMARY,
  uninstallService,
} from "./commands.ts";
export { INITS, type InitName } from "./init.ts";
export type { CommandLine, Service } from "./service.ts";
export { systemdUnit } from "./systemd.ts";
