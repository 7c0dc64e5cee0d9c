import { defineCommand } from "../cli/command.ts";
import { appsText } from "../views/apps-text.ts";
import { documentView } from "../views/document-view.ts";

/** Lists every spec. */
export const listSpecs = defineCommand({
  name: "list-specs",
  aliases: [],
  summary: "list the specs: selectors and apps",
  options: {},
  defaultFormat: "table",
  async handler(_flags, { connect, signal }) {
    const specs = await connect().call("listSpecs", { signal });
    const rows = specs.map(({ id, revision, selector, apps }) => [
      id,
      String(revision),
      selector.join(",") || "(every device)",
      appsText(apps),
    ]);
    return {
      data: specs.map(documentView),
      table: { columns: ["id", "revision", "selector", "apps"], rows },
    };
  },
});
