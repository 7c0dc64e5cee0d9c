import { flag, required, short, text } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { documentMessage, makeChange } from "../documents/make-change.ts";
import { pruneFlags, pruneMessage, pruneOf, readFor } from "./prune-flags.ts";

/** Sets specs and desired states from files, all of them in one revision or none. */
export const apply = defineCommand({
  name: "apply",
  aliases: [],
  summary: "set specs and desired states from files, in one revision",
  options: {
    file: short(
      "f",
      required(
        text({
          value: "FILE|DIR",
          help: "YAML documents; - is standard input; of a folder every .yaml, .yml and .json file",
        }),
      ),
    ),
    ...pruneFlags("remove every spec and desired state that is not in the files"),
    dryRun: flag({ help: "only print what would happen" }),
    message: text({ value: "TEXT", help: "why, for the history" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ file, dryRun, message = "", yes, ...flags }, context) {
    const prune = pruneOf(flags);
    const documents = await readFor(prune, file, context);
    const body = { documents: documents.map(documentMessage), ...pruneMessage(prune), dryRun, message };
    return makeChange(context.connect(), body, { what: "applying this", yes }, context);
  },
});
