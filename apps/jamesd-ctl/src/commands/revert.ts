import { flag, required, text } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { makeChange } from "../documents/make-change.ts";
import { DOCUMENT_FLAGS, documentOf } from "./document-flags.ts";
import { revisionFlag } from "./point-flags.ts";
import { ROLLOUT_FLAGS, rolloutOf } from "./rollout-flags.ts";

/** Makes everything, or one document, as it was at a revision. */
export const revert = defineCommand({
  name: "revert",
  aliases: [],
  summary: "make everything, or one document, as it was at a revision",
  options: {
    to: required(revisionFlag("the revision; 0 is before the first")),
    ...DOCUMENT_FLAGS,
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...ROLLOUT_FLAGS,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ to, dryRun, message, yes, ...flags }, context) {
    const document = documentOf(flags);
    const rollout = rolloutOf(flags);
    const named = { ...(document && { document }), ...(message !== undefined && { message }) };
    const body = { to, dryRun, ...named, ...(rollout && { rollout }) };
    return makeChange(context.connect(), body, { what: `reverting to revision ${to}`, yes }, context);
  },
});
