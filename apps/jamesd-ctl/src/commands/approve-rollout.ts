import { parseCount, parsed } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { rolloutResult } from "../views/rollout-text.ts";
import { MESSAGE_FLAG, rolloutFlag } from "./rollout-flags.ts";
import { meaningOfOpening, rolloutToTell } from "./rollout-meaning.ts";

/** Opens the wave of a rollout that waits for it. */
export const approveRollout = defineCommand({
  name: "approve-rollout",
  aliases: [],
  summary: "open the wave of a rollout that waits for an approval",
  options: {
    revision: rolloutFlag,
    wave: parsed({ value: "K", help: "only when it is this one that waits", parse: parseCount }),
    ...MESSAGE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "table",
  async handler({ revision, wave, message = "", yes }, context) {
    const client = context.connect();
    const rollout = await rolloutToTell(client, revision, context);
    if (rollout.status === "waiting") {
      const meaning = meaningOfOpening(rollout, rollout.wave + 1);
      await confirmImpact(meaning, `opening wave ${rollout.wave + 1}`, yes, context);
    }
    // What was told is what is opened.
    const asked = wave ?? (rollout.status === "waiting" ? rollout.wave + 1 : undefined);
    const body = { message, ...(asked !== undefined && { wave: asked }) };
    const params = { revision: String(revision) };
    return rolloutResult(await client.call("approveRollout", { params, body, signal: context.signal }));
  },
});
