import { flag, parseCount, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { rolloutResult } from "../views/rollout-text.ts";
import { MESSAGE_FLAG, rolloutFlag } from "./rollout-flags.ts";
import { meaningOfOpening, rolloutToTell } from "./rollout-meaning.ts";

/** Opens waves of a rollout at once. */
export const promoteRollout = defineCommand({
  name: "promote-rollout",
  aliases: [],
  summary: "open waves of a rollout at once, whatever its gates say",
  options: {
    revision: rolloutFlag,
    wave: parsed({ value: "K", help: "every wave up to this one", parse: parseCount }),
    all: flag({ help: "every wave" }),
    ...MESSAGE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "table",
  async handler({ revision, wave, all, message = "", yes }, context) {
    if ((wave === undefined) === !all)
      throw new JamesError("USAGE", all ? "--wave and --all are both given" : "no wave is named", {
        hint: "Name the last wave to open with --wave K, or open every wave with --all.",
      });
    const client = context.connect();
    const rollout = await rolloutToTell(client, revision, context);
    const meaning = meaningOfOpening(rollout, wave ?? rollout.waves);
    await confirmImpact(meaning, `promoting rollout ${revision}`, yes, context);
    const body = { message, ...(wave !== undefined && { wave }) };
    const params = { revision: String(revision) };
    return rolloutResult(await client.call("promoteRollout", { params, body, signal: context.signal }));
  },
});
