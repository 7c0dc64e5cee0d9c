import { duration, flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { followChange } from "../follow/follow-change.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Has a device try again at once what failed. */
export const retry = defineCommand({
  name: "retry",
  aliases: [],
  summary: "have a device try again at once what failed, instead of after its pause",
  options: {
    id: deviceIdFlag,
    wait: flag({ help: "follow the device until it is in sync or has failed again" }),
    timeout: duration({ value: "TIME", help: "how long to wait", default: "10m" }),
  },
  defaultFormat: "yaml",
  async handler({ id, wait, timeout }, context) {
    const client = context.connect();
    const { revision, transaction } = await client.call("retry", { params: { id }, signal: context.signal });
    const data = { id, revision, transaction };
    return wait ? followChange(client, id, { revision }, timeout, data, context) : { data };
  },
});
