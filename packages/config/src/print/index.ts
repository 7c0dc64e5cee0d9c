export { COLOR_WORDS, type ColorWord, painter } from "./color.ts";
export { FORMATS, type Format, prepareYaml, printLine, printResult, type Result } from "./result.ts";
export type { Cell, Paint, Table, Tone } from "./table.ts";
