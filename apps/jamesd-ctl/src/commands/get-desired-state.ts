import { defineCommand } from "../cli/command.ts";
import { documentView } from "../views/document-view.ts";
import { deviceIdFlag } from "./id-flags.ts";
import { revisionFlag } from "./point-flags.ts";

/** Prints what a device should have of its own, and the revision that said so. */
export const getDesiredState = defineCommand({
  name: "get-desired-state",
  aliases: [],
  summary: "print the desired state that a device has of its own, in the form that set-desired-state reads",
  options: { id: deviceIdFlag, revision: revisionFlag("as it was at this revision") },
  defaultFormat: "yaml",
  async handler(flags, { connect, signal }) {
    const desired = await connect().call("getDesiredState", {
      params: { id: flags.id },
      query: { revision: flags.revision?.toString() },
      signal,
    });
    return { data: documentView(desired) };
  },
});
