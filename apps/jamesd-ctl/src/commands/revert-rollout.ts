import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { rolloutResult } from "../views/rollout-text.ts";
import { MESSAGE_FLAG, rolloutFlag } from "./rollout-flags.ts";
import { meaningOfReverting, rolloutToTell } from "./rollout-meaning.ts";

/** Ends a rollout, and makes what it spread as it was before. */
export const revertRollout = defineCommand({
  name: "revert-rollout",
  aliases: [],
  summary: "end a rollout: what it spreads is as it was before, at once, as a new revision",
  options: { revision: rolloutFlag, ...MESSAGE_FLAG, ...YES_FLAG },
  defaultFormat: "table",
  async handler({ revision, message = "", yes }, context) {
    const client = context.connect();
    const { signal } = context;
    const params = { revision: String(revision) };
    const rollout = await rolloutToTell(client, revision, context);
    await confirmImpact(meaningOfReverting(rollout), `reverting rollout ${revision}`, yes, context);
    return rolloutResult(await client.call("revertRollout", { params, body: { message }, signal }));
  },
});
