export { formatDuration, parseDuration } from "./duration.ts";
export {
  addFlags,
  type Flag,
  type Flags,
  type FlagValues,
  flagForm,
  positional,
  type RequiredFlag,
  readFlags,
  repeatable,
  required,
  short,
} from "./flags.ts";
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
  personalFiles,
  readOptions,
  type Sources,
  type Values,
} from "./options.ts";
export { escapeUnseen, printable } from "./printable.ts";
export { ProcessOutput } from "./process-output.ts";
export { EXIT_CODES, type Output, reportError } from "./report.ts";
export { runCommand } from "./run.ts";
export { formatSize, parseSize } from "./size.ts";
