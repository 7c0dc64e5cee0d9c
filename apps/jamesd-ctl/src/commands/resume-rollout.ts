import { flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { rolloutResult } from "../views/rollout-text.ts";
import { MESSAGE_FLAG, rolloutFlag } from "./rollout-flags.ts";
import { meaningOfResuming, rolloutToTell } from "./rollout-meaning.ts";

/** Has a paused rollout go on. */
export const resumeRollout = defineCommand({
  name: "resume-rollout",
  aliases: [],
  summary: "have a paused rollout go on as before",
  options: {
    revision: rolloutFlag,
    accept: flag({ help: "excuse the devices that failed so far: they do not count any more" }),
    ...MESSAGE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "table",
  async handler({ revision, accept, message = "", yes }, context) {
    const client = context.connect();
    const rollout = await rolloutToTell(client, revision, context);
    await confirmImpact(meaningOfResuming(rollout), `resuming rollout ${revision}`, yes, context);
    const params = { revision: String(revision) };
    const { signal } = context;
    return rolloutResult(await client.call("resumeRollout", { params, body: { accept, message }, signal }));
  },
});
