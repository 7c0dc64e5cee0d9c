import { parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { readCertificates } from "@jamesd/pki/pem";
import type { Client } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { revocationView } from "../views/revocation-view.ts";
import { LOCK_FLAGS, lockedBy } from "./lock-flags.ts";

/** Locks out a device, a person or one certificate. */
export const revoke = defineCommand({
  name: "revoke",
  aliases: [],
  summary: "lock out a device, a person or one certificate, at once",
  options: {
    ...LOCK_FLAGS,
    reason: parsed({
      value: "TEXT",
      help: "why, for list-revoked and the log",
      parse: (text: string) => text,
      default: "",
    }),
  },
  defaultFormat: "yaml",
  async handler({ reason, ...flags }, { connect, note, signal }) {
    const client = connect();
    const locked = lockedBy(flags);
    const body = { locked, reason: [reason, ...whose(flags.certificate)].filter(Boolean).join("; ") };
    const added = await client.call("revoke", { body, signal });
    if (added.length === 0) note("it was locked out already, and stays so");
    else if (flags.id !== undefined && !(await isDevice(client, flags.id, signal)))
      note(
        `warning: no device is called ${flags.id}: it is locked out, and so is a person of that name; see that it is written as in list-systems`,
      );
    return { data: added.map(revocationView) };
  },
});

/** False: the server knows no device of this id, which may be a slip. What cannot be asked now is no reason to fail: the lock stands. */
async function isDevice(client: Client, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call("getDevice", { params: { id }, signal });
    return true;
  } catch (thrown) {
    return !(thrown instanceof JamesError && thrown.code === "DEVICE_UNKNOWN");
  }
}

/** Whose the certificate in a file is: the server keeps its number alone, by which nobody knows it again. */
function whose(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  const { subject } = readCertificates(file)[0];
  return [`it is of ${subject.split("\n").reverse().join(", ")}`];
}
