import { flag, text } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { makeChange } from "../documents/make-change.ts";
import { specIdFlag } from "./id-flags.ts";
import { ROLLOUT_FLAGS, rolloutOf } from "./rollout-flags.ts";

/** Removes a spec. */
export const removeSpec = defineCommand({
  name: "remove-spec",
  aliases: ["delete-spec"],
  summary: "remove a spec",
  options: {
    id: specIdFlag,
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...ROLLOUT_FLAGS,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, dryRun, message = "", yes, ...flags }, context) {
    const rollout = rolloutOf(flags);
    const said = { dryRun, message, ...(rollout && { rollout }) };
    const body = { documents: [], remove: [{ kind: "spec" as const, id }], ...said };
    return makeChange(context.connect(), body, { what: `removing the spec ${id}`, yes }, context);
  },
});
