import { resolve } from "node:path";
import { INSTALL_FLAGS, installService } from "@jamesd/service";
import { defineCommand } from "../cli/command.ts";
import { serviceWith } from "../service.ts";

/** Makes the agent a service of this machine, or of an image. */
export const installCommand = defineCommand({
  name: "install-service",
  options: INSTALL_FLAGS,
  async handler(flags, { values, output }) {
    installService(serviceWith(resolve(values.stateDir)), flags, output);
    return { exitCode: 0 };
  },
});
