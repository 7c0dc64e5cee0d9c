import { flag, text } from "@jamesd/config";
import { appliedResult } from "../apply-documents.ts";
import { defineCommand } from "../command.ts";
import { specIdFlag } from "./spec-id.ts";

/** Removes a spec. */
export const removeSpec = defineCommand({
  name: "remove-spec",
  aliases: ["delete-spec"],
  summary: "remove a spec",
  options: {
    id: specIdFlag,
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
  },
  defaultFormat: "yaml",
  async handler({ id, dryRun, message = "" }, { connect, note, signal }) {
    const body = { documents: [], remove: [{ kind: "spec" as const, id }], dryRun, message };
    return appliedResult(await connect().call("apply", { body, signal, timeoutMs: 120_000 }), dryRun, note);
  },
});
