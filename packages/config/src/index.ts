export { formatDuration, parseDuration } from "./duration.ts";
export {
  choice,
  count,
  duration,
  flag,
  list,
  type Option,
  type PresetOption,
  parseCount,
  parsed,
  size,
  text,
} from "./option.ts";
export {
  addOptions,
  envName,
  flagName,
  type Options,
  readOptions,
  type Sources,
  type Values,
} from "./options.ts";
export { printable } from "./printable.ts";
export { EXIT_CODES, type Output, reportError } from "./report.ts";
export { processOutput, runCommand } from "./run.ts";
export { formatSize, parseSize } from "./size.ts";
