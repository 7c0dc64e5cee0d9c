import { parsed } from "@jamesd/config";
import { readCertificates } from "@jamesd/pki/pem";
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
    const locked = lockedBy(flags);
    const body = { locked, reason: [reason, ...whose(flags.certificate)].filter(Boolean).join("; ") };
    const added = await connect().call("revoke", { body, signal });
    if (added.length === 0) note("it was locked out already, and stays so");
    return { data: added.map(revocationView) };
  },
});

/** Whose the certificate in a file is: the server keeps its number alone, by which nobody knows it again. */
function whose(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  const { subject } = readCertificates(file)[0];
  return [`it is of ${subject.split("\n").reverse().join(", ")}`];
}
