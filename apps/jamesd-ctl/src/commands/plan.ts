import { short, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { differenceCode, EXIT_CODE_FLAG } from "../cli/exit-code.ts";
import { documentMessage, foresee } from "../documents/make-change.ts";
import { appliedView } from "../views/change-view.ts";
import { stepTexts } from "../views/step-text.ts";
import { pruneFlags, pruneMessage, pruneOf, readFor } from "./prune-flags.ts";

/** Prints what a device will do, or what files would mean for the fleet. */
export const plan = defineCommand({
  name: "plan",
  aliases: [],
  summary: "print what a device will do, or what applying files would mean",
  options: {
    id: text({ value: "ID", help: "the device: what it will do now" }),
    file: short("f", text({ value: "FILE|DIR", help: "what might be applied, as apply reads it" })),
    ...pruneFlags("with --file: what is not in the files would be removed, as apply --prune does"),
    ...EXIT_CODE_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, file, exitCode, ...flags }, context) {
    const { signal } = context;
    const prune = pruneOf(flags);
    if (file !== undefined && id === undefined) {
      const documents = await readFor(prune, file, context);
      const body = { documents: documents.map(documentMessage), ...pruneMessage(prune) };
      const foreseen = await foresee(context.connect(), body, context);
      const code = differenceCode(exitCode, foreseen.documents.length > 0);
      return { data: appliedView(foreseen, true), exitCode: code };
    }
    if (id === undefined || file !== undefined)
      throw new JamesError("USAGE", "plan needs --id ID or --file FILE, one of them", {
        hint: "See jamesd-ctl plan --help.",
      });
    if (prune)
      throw new JamesError("USAGE", "--prune goes with --file", { hint: "Leave it out, or name files." });
    const { sync, revision, steps, packets, bytes, problem } = await context
      .connect()
      .call("getPlan", { params: { id }, signal });
    const data = problem
      ? { id, sync, revision, problem: problem.message, hint: problem.hint ?? "" }
      : { id, sync, revision, bytes, steps: stepTexts(steps, packets) };
    return { data, exitCode: differenceCode(exitCode, problem !== null || steps.length > 0) };
  },
});
