import { UNINSTALL_FLAGS, uninstallService } from "@jamesd/service";
import { defineCommand } from "../cli/command.ts";
import { SERVICE } from "../service.ts";

/** Ends what `install-service` began. */
export const uninstallCommand = defineCommand({
  name: "uninstall-service",
  options: UNINSTALL_FLAGS,
  async handler(flags, { output }) {
    uninstallService(SERVICE.name, flags, output);
    return { exitCode: 0 };
  },
});
