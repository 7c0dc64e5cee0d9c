import { parsed } from "@jamesd/config";
import { parseSpecId } from "@jamesd/model";
import { type RequiredFlag, required } from "../cli/flags.ts";

/** The flag that names a spec. */
export const specIdFlag: RequiredFlag<string> = required(
  parsed({ value: "ID", help: "the spec", parse: parseSpecId }),
);
