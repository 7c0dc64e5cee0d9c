import { parsed, type RequiredFlag, required } from "@jamesd/config";
import { parseSpecId } from "@jamesd/model";

/** The flag that names a spec. */
export const specIdFlag: RequiredFlag<string> = required(
  parsed({ value: "ID", help: "the spec", parse: parseSpecId }),
);
