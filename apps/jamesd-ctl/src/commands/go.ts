import { flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { followChange } from "../follow/follow-change.ts";
import { deviceIdFlag } from "./id-flags.ts";
import { WAIT_FLAGS } from "./wait-flags.ts";

/** Has a device begin now with what it should have. */
export const go = defineCommand({
  name: "go",
  aliases: [],
  summary: "have a device begin now with what it should have, outside of its maintenance windows, too",
  options: {
    id: deviceIdFlag,
    breakLock: flag({ help: "also while an application holds the update lock" }),
    ...WAIT_FLAGS,
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
