export { commandIndex, readCommandLine, settingWords } from "./command-line.ts";
export { parseDuration } from "./duration.ts";
export { exposedSecret } from "./exposed.ts";
export {
  type Flag,
  type Flags,
  type FlagValues,
  flagForm,
  flagForms,
  type GivenFlags,
  positional,
  type RequiredFlag,
  readFlags,
  repeatable,
  required,
  short,
} from "./flags.ts";
export { flagItems, type HelpItem, helpText, settingItems } from "./help-text.ts";
export {
  choice,
  count,
  duration,
  flag,
  list,
  map,
  type Option,
  type PresetOption,
  parseCount,
  parsed,
  size,
  text,
} from "./option.ts";
export {
  envName,
  flagName,
  type GivenValues,
  type Options,
  personalFiles,
  readValuesLean,
  type Sources,
  settingsFiles,
  type Values,
} from "./options.ts";
export { escapeUnseen, printable } from "./printable.ts";
export { ProcessOutput } from "./process-output.ts";
export { reloadWhenReplaced } from "./reload.ts";
export { EXIT_CODES, type Output, reportError } from "./report.ts";
export { formatMebibytes, formatSize, parseSize } from "./size.ts";
export { watchFiles } from "./watch-files.ts";
