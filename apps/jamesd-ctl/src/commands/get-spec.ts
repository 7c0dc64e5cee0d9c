import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { documentView } from "../views/document-view.ts";
import { specIdFlag } from "./id-flags.ts";
import { revisionFlag } from "./point-flags.ts";

/** Prints a spec. */
export const getSpec = defineCommand({
  name: "get-spec",
  aliases: [],
  summary: "print a spec, in the form that apply reads",
  options: {
    id: specIdFlag,
    revision: revisionFlag("as it was at this revision"),
    stable: flag({ help: "as those devices have it that a rollout does not admit yet" }),
  },
  defaultFormat: "yaml",
  async handler({ id, revision, stable }, { connect, signal }) {
    if (stable && revision !== undefined)
      throw new JamesError("USAGE", "--stable and --revision are both given", { hint: "Give one." });
    const query = { revision: revision?.toString(), stable: stable ? "true" : undefined };
    return { data: documentView(await connect().call("getSpec", { params: { id }, query, signal })) };
  },
});
