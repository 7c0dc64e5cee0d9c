import { text } from "@jamesd/config";
import { describeStep, JamesError } from "@jamesd/model";
import { applyDocuments } from "../apply-documents.ts";
import { defineCommand } from "../command.ts";
import { readDocuments } from "../document-file.ts";
import { short } from "../flags.ts";

/** Prints what a device will do, or what files would mean for the fleet. */
export const plan = defineCommand({
  name: "plan",
  aliases: [],
  summary: "print what a device will do, or what applying files would mean",
  options: {
    id: text({ value: "ID", help: "the device" }),
    file: short("f", text({ value: "FILE|DIR", help: "what might be applied" })),
  },
  defaultFormat: "yaml",
  async handler({ id, file }, context) {
    const { note, signal } = context;
    if (file !== undefined && id === undefined) {
      const documents = await readDocuments(file, context);
      const options = { prune: false, dryRun: true, message: "", note, signal };
      return applyDocuments(context.connect(), documents, options);
    }
    if (id === undefined || file !== undefined)
      throw new JamesError("USAGE", "plan needs --id ID or --file FILE, one of them", {
        hint: "See jamesd-ctl plan --help.",
      });
    const { sync, revision, steps, bytes, problem } = await context
      .connect()
      .call("getPlan", { params: { id }, signal });
    const data = problem
      ? { id, sync, revision, problem: problem.message, hint: problem.hint ?? "" }
      : { id, sync, revision, bytes, steps: steps.map(describeStep) };
    return { data };
  },
});
