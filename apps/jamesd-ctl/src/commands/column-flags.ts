import { parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { DEFAULT_COLUMNS, DEVICE_COLUMNS, type DeviceColumn } from "../views/device-columns.ts";

/** Which columns to print; `help`: what columns there are. */
export const columnsFlag = {
  ...parsed<readonly DeviceColumn[] | "help">({
    value: "LIST",
    help: `what a table shows: all, or some of ${DEVICE_COLUMNS.join(", ")}; help: what each of them is`,
    words: ["all", ...DEVICE_COLUMNS],
    parse: parseColumns,
    default: DEFAULT_COLUMNS,
  }),
  defaultText: DEFAULT_COLUMNS.join(","),
};

function parseColumns(text: string): readonly DeviceColumn[] | "help" {
  if (text === "help") return text;
  return text.split(",").flatMap((given) => columnsOf(given.trim()));
}

function columnsOf(given: string): readonly DeviceColumn[] {
  if (given === "all") return DEVICE_COLUMNS;
  const found = DEVICE_COLUMNS.find((name) => name === given);
  if (found !== undefined) return [found];
  throw new JamesError("USAGE", `${JSON.stringify(given)} is no column`, {
    hint: `Say all, or one or more of ${DEVICE_COLUMNS.join(", ")}, with commas between.`,
  });
}
