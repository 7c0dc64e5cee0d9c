import { type Option, parsed, type RequiredFlag, required } from "@jamesd/config";
import { JamesError, parseSpecId } from "@jamesd/model";

/** A flag that may name a device. */
export const anyDeviceFlag: Option<string> = parsed({
  value: "ID",
  help: "the device, by the common name of its certificate",
  parse: parseId,
});

/** The flag that names a device. */
export const deviceIdFlag: RequiredFlag<string> = required(anyDeviceFlag);

/** The flag that names a spec. */
export const specIdFlag: RequiredFlag<string> = required(
  parsed({ value: "ID", help: "the spec", parse: parseSpecId }),
);

function parseId(given: string): string {
  if (given !== "") return given;
  throw new JamesError("USAGE", "the id of a device is not empty", {
    hint: "See jamesd-ctl list-systems for the devices there are.",
  });
}
