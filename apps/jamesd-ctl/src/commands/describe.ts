import { defineCommand } from "../cli/command.ts";
import { describeDevice } from "../views/description.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Says in words what is going on with a device. */
export const describe = defineCommand({
  name: "describe",
  aliases: [],
  summary: "say what is going on with a device, and why it is not in sync",
  options: { id: deviceIdFlag },
  defaultFormat: "yaml",
  async handler({ id }, { connect, signal }) {
    const client = connect();
    const device = await client.call("getDevice", { params: { id }, signal });
    const plan = await client.call("getPlan", { params: { id }, signal });
    return { data: describeDevice(device, plan, Date.now()) };
  },
});
