import { short, text } from "@jamesd/config";
import { documentName, JamesError } from "@jamesd/model";
import type { Applied, Client, DevicePlan } from "@jamesd/protocol";
import { type Context, defineCommand } from "../cli/command.ts";
import { differenceCode, EXIT_CODE_FLAG } from "../cli/exit-code.ts";
import type { FileDocument } from "../documents/document-file.ts";
import { documentMessage, forcedMessage, foresee } from "../documents/make-change.ts";
import { noteOutdated } from "../documents/outdated.ts";
import { appliedView } from "../views/change-view.ts";
import { stepTexts } from "../views/step-text.ts";
import { pruneFlags, pruneMessage, pruneOf, readFor } from "./prune-flags.ts";

/** What a device has to do, or why it cannot. */
function wayView(
  { steps, bytes, problem }: Pick<DevicePlan, "steps" | "bytes" | "problem">,
  packets: DevicePlan["packets"],
) {
  if (problem) return { problem: problem.message, hint: problem.hint ?? "" };
  return { bytes, steps: stepTexts(steps, packets) };
}

/** What files would mean, also those that are outdated: that is told. */
async function foreseeAnyway(
  client: Client,
  documents: readonly FileDocument[],
  rest: ReturnType<typeof pruneMessage>,
  context: Context,
): Promise<Applied> {
  try {
    return await foresee(client, { documents: documents.map(documentMessage), ...rest }, context);
  } catch (thrown) {
    if (!(thrown instanceof JamesError && thrown.code === "REVISION_CONFLICT")) throw thrown;
  }
  const foreseen = await foresee(client, { documents: documents.map(forcedMessage), ...rest }, context);
  const changed = new Set(foreseen.documents.map(documentName));
  const changing = documents.filter((document) => changed.has(documentName(document)));
  await noteOutdated(client, changing, context);
  return foreseen;
}

/** Prints what a device will do, or what files would mean for the fleet. */
export const plan = defineCommand({
  name: "plan",
  aliases: [],
  summary: "print what a device will do, or what applying files would mean",
  options: {
    id: text({ value: "ID", help: "the device: what it will do now, and later when rollouts admit it" }),
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
      const foreseen = await foreseeAnyway(context.connect(), documents, pruneMessage(prune), context);
      const code = differenceCode(exitCode, foreseen.documents.length > 0);
      return { data: appliedView(foreseen, true), exitCode: code };
    }
    if (id === undefined || file !== undefined)
      throw new JamesError("USAGE", "plan needs --id ID or --file FILE, one of them", {
        hint: "See jamesd-ctl plan --help.",
      });
    if (prune)
      throw new JamesError("USAGE", "--prune goes with --file", { hint: "Leave it out, or name files." });
    const {
      sync,
      revision,
      later = [],
      packets,
      ...now
    } = await context.connect().call("getPlan", { params: { id }, signal });
    const data = {
      ...{ id, sync, revision, ...wayView(now, packets) },
      ...(later.length > 0 && {
        later: later.map((way) => ({ rollout: way.revision, wave: way.wave, ...wayView(way, packets) })),
      }),
    };
    return { data, exitCode: differenceCode(exitCode, now.problem !== null || now.steps.length > 0) };
  },
});
