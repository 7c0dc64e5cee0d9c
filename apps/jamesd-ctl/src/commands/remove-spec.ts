import { flag, text } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { makeChange } from "../documents/make-change.ts";
import { specIdFlag } from "./id-flags.ts";

/** Removes a spec. */
export const removeSpec = defineCommand({
  name: "remove-spec",
  aliases: ["delete-spec"],
  summary: "remove a spec",
  options: {
    id: specIdFlag,
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, dryRun, message = "", yes }, context) {
    const body = { documents: [], remove: [{ kind: "spec" as const, id }], dryRun, message };
    return makeChange(context.connect(), body, { what: `removing the spec ${id}`, yes }, context);
  },
});
