import { readdirSync } from "node:fs";
import { join } from "node:path";
import { unreadable } from "@jamesd/carry";
import { text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { isoTime } from "@jamesd/protocol/words";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { tagList } from "../cli/lists.ts";
import { meaningOfDevices } from "../cli/meaning.ts";
import { readBytes } from "../files/local-file.ts";
import { enrollmentView } from "../views/enrollment-view.ts";
import { ADMISSION_FLAGS, findEnrollment } from "./enrollment-flags.ts";

/** Lets in somebody who waits, or hands over certificates that were signed elsewhere. */
export const approve = defineCommand({
  name: "approve",
  aliases: [],
  word: "id",
  summary: "let in somebody who wants to join; with --certificates, hand over what was signed elsewhere",
  options: {
    ...ADMISSION_FLAGS,
    tags: tagList({ help: "tags that the device is given" }),
    certificates: text({
      value: "DIR",
      help: "the folder where pkitool --sign-requests wrote certificates, ID.crt",
    }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ certificates, tags = [], yes, ...named }, context) {
    if (certificates !== undefined) {
      if (named.id !== undefined || named.fingerprint !== undefined || tags.length > 0)
        throw new JamesError("USAGE", "--certificates goes with no other flag", {
          hint: "Whoever has a certificate there is let in.",
        });
      return handOver(certificates, context);
    }
    const { id, fingerprint, taken } = await findEnrollment(named, context);
    if (taken) await confirmReplacing(id, yes, context);
    const body = { id, fingerprint, tags: [...tags] };
    const approved = await context.connect().call("approveEnrollment", { body, signal: context.signal });
    return { data: enrollmentView(approved) };
  },
});

/** Whoever waits under the name of another device gets its place, which may not be what was meant. @throws JamesError CANCELLED, CONFIRMATION_NEEDED */
async function confirmReplacing(id: string, yes: boolean, context: Context): Promise<void> {
  const { connect, signal } = context;
  const device = await connect()
    .call("getDevice", { params: { id }, signal })
    .catch((thrown: unknown) => {
      // It has a certificate, and has not checked in with it.
      if (JamesError.from(thrown).code === "DEVICE_UNKNOWN") return { id, connected: false };
      throw thrown;
    });
  const gone = [`the certificate of another key that ${id} has`];
  const meaning = { ...meaningOfDevices([device]), gone, isNamed: false };
  await confirmImpact(meaning, "approving this key", yes, context);
}

/** One after the other; those whom nobody asked for are told of, and the others let in. @throws JamesError FILE_UNREADABLE, USAGE */
async function handOver(folder: string, { connect, signal, note }: Context): Promise<Result> {
  const client = connect();
  const added: { id: string; fingerprint: string; ends: string }[] = [];
  for (const path of certificatesIn(folder)) {
    const body = { certificate: readBytes(path).toString("utf8") };
    try {
      const { id, fingerprint, ends } = await client.call("addCertificate", { body, signal });
      added.push({ id, fingerprint, ends: isoTime(ends) });
    } catch (thrown) {
      const error = JamesError.from(thrown);
      if (error.code !== "ENROLLMENT_UNKNOWN") throw error;
      note(`${path}: ${error.message}`);
    }
  }
  return { data: added };
}

function certificatesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".crt"));
    if (names.length > 0) return names.sort().map((name) => join(folder, name));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  throw new JamesError("USAGE", `there is no certificate in ${folder}`, {
    hint: "Write the requests there with list-enrollments --requests, and sign them with pkitool --sign-requests.",
  });
}
