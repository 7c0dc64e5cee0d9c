import { defineCommand } from "../command.ts";
import { specView } from "../spec-view.ts";

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
      apps.map(({ name, tags }) => (tags.length === 0 ? name : `${name}(${tags.join(",")})`)).join(" ") ||
        "-",
    ]);
    return { data: specs.map(specView), table: { columns: ["id", "revision", "selector", "apps"], rows } };
  },
});
