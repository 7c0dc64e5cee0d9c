import { duration, flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { followChange } from "../follow/follow-change.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Has a device begin now with what it should have. */
export const go = defineCommand({
  name: "go",
  aliases: [],
  summary: "have a device begin now with what it should have, outside of its maintenance windows, too",
  options: {
    id: deviceIdFlag,
    breakLock: flag({ help: "also while an application holds the update lock" }),
    wait: flag({ help: "follow the device until it is in sync or has failed" }),
    timeout: duration({ value: "TIME", help: "how long to wait", default: "10m" }),
  },
  defaultFormat: "yaml",
  async handler({ id, breakLock, wait, timeout }, context) {
    const client = context.connect();
    const { revision } = await client.call("go", {
      params: { id },
      body: { breakLock },
      signal: context.signal,
    });
    const data = { id, revision };
    return wait ? followChange(client, id, { revision }, timeout, data, context) : { data };
  },
});
