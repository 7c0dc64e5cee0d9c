export { addFlags, readCommandFlags } from "./commander-flags.ts";
export { addOptions, readOptions } from "./commander-options.ts";
export { runCommand } from "./run-command.ts";
