import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Tagged } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, isAskable, YES_FLAG } from "../cli/confirm.ts";
import { tagList } from "../cli/lists.ts";
import { followChange } from "../follow/follow-change.ts";
import { impactView } from "../views/change-view.ts";
import { AT_ONCE_FLAG } from "./at-once-flag.ts";
import { deviceIdFlag } from "./id-flags.ts";
import { WAIT_FLAGS } from "./wait-flags.ts";

/** Gives a device tags that it does not report itself. */
export const tagDevice = defineCommand({
  name: "tag-device",
  aliases: [],
  summary: "give a device tags, or take such away: specs choose it and packets fit it by them",
  options: {
    id: deviceIdFlag,
    add: tagList({ help: "tags to give it, with commas between" }),
    remove: tagList({ help: "given tags to take away; what the device reports itself stays" }),
    dryRun: flag({ help: "only print what would happen" }),
    ...WAIT_FLAGS,
    ...AT_ONCE_FLAG,
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, add = [], remove = [], dryRun, wait, timeout, now, yes }, context) {
    const both = add.find((tag) => remove.includes(tag));
    if (both !== undefined || add.length + remove.length === 0)
      throw new JamesError(
        "USAGE",
        both === undefined ? "tag-device needs --add or --remove" : `${both} is to be given and taken away`,
        { hint: "See jamesd-ctl tag-device --help." },
      );
    const client = context.connect();
    const tag = (isDry: boolean): Promise<Tagged> => {
      const body = { add: [...add], remove: [...remove], dryRun: isDry, ...(now && { now }) };
      return client.call("tagDevice", { params: { id }, body, signal: context.signal });
    };
    if (!dryRun && !yes && isAskable(context)) {
      const { impact } = await tag(true);
      await confirmImpact({ ...impact, ids: [id] }, `tagging ${id}`, yes, context);
    }
    const { tags, changed, impact, packets } = await tag(dryRun);
    const said = { id, ...(dryRun && { dryRun: true }), givenTags: tags, changed };
    const data = { ...said, ...impactView(impact, packets) };
    if (!wait || dryRun) return { data };
    const { revision } = await client.call("getDevice", { params: { id }, signal: context.signal });
    // Nobody may want anything for it.
    return revision === null ? { data } : followChange(client, id, { revision }, timeout, data, context);
  },
});
