import { choice } from "@jamesd/config";
import type { Format } from "@jamesd/config/print";

/** The flag of commands that print something. */
export function outputFlag(format: Format) {
  return {
    output: choice({ help: "how to print", choices: ["yaml", "json", "table"], default: format }),
  };
}
