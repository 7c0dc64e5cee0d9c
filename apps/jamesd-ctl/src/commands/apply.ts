import { duration, flag, required, short, text } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { YES_FLAG } from "../cli/confirm.ts";
import { change, documentMessage, forcedMessage, makeChange } from "../documents/make-change.ts";
import { followRollout } from "../follow/follow-rollout.ts";
import { appliedView } from "../views/change-view.ts";
import { FORCE_FLAG } from "./document-flags.ts";
import { pruneFlags, pruneMessage, pruneOf, readFor } from "./prune-flags.ts";
import { ROLLOUT_FLAGS, rolloutOf } from "./rollout-flags.ts";

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
    ...FORCE_FLAG,
    ...ROLLOUT_FLAGS,
    wait: flag({ help: "follow what spreads in waves until it is finished, paused or reverted" }),
    timeout: duration({ value: "TIME", help: "how long to wait", default: "24d" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ file, dryRun, message = "", force, wait, timeout, yes, ...flags }, context) {
    if (wait && dryRun)
      throw new JamesError("USAGE", "--wait and --dry-run are both given", { hint: "Give one." });
    const prune = pruneOf(flags);
    const rollout = rolloutOf(flags);
    const documents = await readFor(prune, file, context);
    const said = { ...pruneMessage(prune), dryRun, message, ...(rollout && { rollout }) };
    const body = { documents: documents.map(force ? forcedMessage : documentMessage), ...said };
    const [client, asking] = [context.connect(), { what: "applying this", yes }];
    if (!wait) return makeChange(client, body, asking, context);
    const applied = await change(client, body, asking, context);
    return followRollout(client, applied, { timeoutMs: timeout, data: appliedView(applied, false) }, context);
  },
});
