import { ownCommand, shellCommand } from "@jamesd/service";
import { defineCommand } from "../cli/command.ts";
import { waiterScript } from "../waiter/script.ts";

/** Prints the waiter for this program, wherever that is now. */
export const waiter = defineCommand({
  name: "waiter",
  options: {},
  async handler(_flags, { output }) {
    output.out(waiterScript(shellCommand(ownCommand())));
    return { exitCode: 0 };
  },
});
