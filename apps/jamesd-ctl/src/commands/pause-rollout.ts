import { defineCommand } from "../cli/command.ts";
import { rolloutResult } from "../views/rollout-text.ts";
import { MESSAGE_FLAG, rolloutFlag } from "./rollout-flags.ts";

/** Has a rollout stand still. */
export const pauseRollout = defineCommand({
  name: "pause-rollout",
  aliases: [],
  summary: "hand out no more plans of a rollout; nobody is sent back",
  options: { revision: rolloutFlag, ...MESSAGE_FLAG },
  defaultFormat: "table",
  async handler({ revision, message = "" }, { connect, signal }) {
    const params = { revision: String(revision) };
    return rolloutResult(await connect().call("pauseRollout", { params, body: { message }, signal }));
  },
});
