import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "@jamesd/config";
import { counted, parseName } from "@jamesd/model";
import type { Enrollment } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { unwritable } from "../files/new-file.ts";
import { enrollmentTable, enrollmentView } from "../views/enrollment-view.ts";

/** Lists who wants to join and has no certificate yet. */
export const listEnrollments = defineCommand({
  name: "list-enrollments",
  aliases: [],
  summary: "list who wants to join: who waits, who is approved and has no certificate yet, who was rejected",
  options: {
    requests: text({
      value: "DIR",
      help: "write what is approved and not signed there, as ID.csr for pkitool --sign-requests",
    }),
  },
  defaultFormat: "table",
  async handler({ requests }, { connect, signal, note }) {
    const all = await connect().call("listEnrollments", { signal });
    if (requests !== undefined) {
      const written = writeRequests(requests, all);
      note(`wrote ${counted(written, "signing request")} to ${requests}`);
    }
    return { data: all.map(enrollmentView), table: enrollmentTable(all) };
  },
});

/** @throws JamesError FILE_UNREADABLE */
function writeRequests(folder: string, all: readonly Enrollment[]): number {
  const unsigned = all.filter(({ state, request }) => state === "approved" && request !== null);
  try {
    mkdirSync(folder, { recursive: true });
    for (const { id, request } of unsigned)
      writeFileSync(join(folder, `${parseName(id)}.csr`), request ?? "");
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  return unsigned.length;
}
