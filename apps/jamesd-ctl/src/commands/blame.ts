import { text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Client, Device } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { defineCommand } from "../cli/command.ts";
import { waitsLines } from "../views/waits-text.ts";
import { DOCUMENT_FLAGS, documentOf, keyQuery } from "./document-flags.ts";

/** Says which revision brought each app. */
export const blame = defineCommand({
  name: "blame",
  aliases: [],
  summary: "print which revision brought each app of a device or a spec",
  options: { ...DOCUMENT_FLAGS, id: text({ value: "ID", help: "all that this device should have" }) },
  defaultFormat: "table",
  async handler(flags, { connect, signal }) {
    const document = documentOf(flags);
    if (!document)
      throw new JamesError("USAGE", "blame needs --id ID or --spec ID", {
        hint: "See jamesd-ctl blame --help.",
      });
    const client = connect();
    const lines = await client.call("getBlame", { query: keyQuery(document), signal });
    const waits = document.kind === "device" ? await waitsOf(client, document.id, signal) : [];
    const rows = lines.map(({ name, tags, kind, id, revision, author, time, message }) => [
      name,
      tags.join(",") || "-",
      kind === "spec" ? `spec ${id}` : "its own",
      String(revision),
      isoTime(time),
      author,
      message || "-",
    ]);
    return {
      data: lines.map((line) => ({ ...line, time: isoTime(line.time) })),
      table: { columns: ["app", "tags", "from", "revision", "time", "author", "message"], rows },
      foot: waitsLines(waits),
    };
  },
});

/** The rollouts that do not admit a device yet; none of one that has not checked in. */
async function waitsOf(client: Client, id: string, signal: AbortSignal): Promise<Device["waits"]> {
  try {
    return (await client.call("getDevice", { params: { id }, signal })).waits;
  } catch (thrown) {
    if (thrown instanceof JamesError && thrown.code === "DEVICE_UNKNOWN") return [];
    throw thrown;
  }
}
