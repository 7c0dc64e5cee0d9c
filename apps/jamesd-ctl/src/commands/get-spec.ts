import { defineCommand } from "../cli/command.ts";
import { documentView } from "../views/document-view.ts";
import { specIdFlag } from "./id-flags.ts";
import { revisionFlag } from "./point-flags.ts";

/** Prints a spec. */
export const getSpec = defineCommand({
  name: "get-spec",
  aliases: [],
  summary: "print a spec, in the form that apply reads",
  options: { id: specIdFlag, revision: revisionFlag("as it was at this revision") },
  defaultFormat: "yaml",
  async handler({ id, revision }, { connect, signal }) {
    const query = { revision: revision?.toString() };
    return { data: documentView(await connect().call("getSpec", { params: { id }, query, signal })) };
  },
});
