export { FORMATS, type Format, printLine, printResult, type Result } from "./result.ts";
export type { Table } from "./table.ts";
