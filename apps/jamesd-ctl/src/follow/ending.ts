import { ERROR_CLASSES, isErrorCode, JamesError, shellWord } from "@jamesd/model";
import type { Device, ShownTransaction } from "@jamesd/protocol";
import type { Verdict } from "./verdict.ts";

/** How following a change ended: never "waiting". */
export interface Ending {
  readonly device: Device;
  readonly verdict: Exclude<Verdict, { kind: "waiting" }>;
}

/** The error a followed change ended with, undefined when it was carried out. */
export function failureOf({ device, verdict }: Ending): JamesError | undefined {
  switch (verdict.kind) {
    case "done":
      return undefined;
    case "failed":
      return failedError(device.id, verdict.transaction);
    case "unsatisfiable":
      return new JamesError(
        "TRANSACTION_FAILED",
        `${device.id} cannot have what is wanted: ${device.problem?.message ?? "no packet fulfils it"}`,
        { hint: device.problem?.hint },
      );
    case "halted":
      return device.problem
        ? JamesError.fromBody(device.problem)
        : new JamesError("HISTORY_UNKNOWN", `${device.id} is left alone until an operator decides`);
    case "doubled":
      return device.problem
        ? JamesError.fromBody(device.problem)
        : new JamesError("DEVICE_DOUBLED", `two machines or more check in as ${device.id}`);
    case "replaced":
      return new JamesError(
        "REVISION_CONFLICT",
        verdict.revision === null
          ? `nobody wants anything for ${device.id} any more`
          : `what ${device.id} should have was replaced by revision ${verdict.revision} meanwhile`,
        { hint: `See jamesd-ctl describe --id ${shellWord(device.id)}.` },
      );
  }
}

function failedError(id: string, { error }: ShownTransaction): JamesError {
  // Whatever the reason's own class is, it happened on the device.
  const code =
    error && isErrorCode(error.code) && ERROR_CLASSES[error.code] === "device"
      ? error.code
      : "TRANSACTION_FAILED";
  return new JamesError(code, `${id}: ${error?.message ?? "the change failed and was rolled back"}`, {
    hint: error?.hint,
  });
}
