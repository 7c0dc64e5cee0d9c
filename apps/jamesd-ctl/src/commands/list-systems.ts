import { defineCommand } from "../command.ts";
import { deviceListView, deviceTable } from "../device-view.ts";

/** Lists every device. */
export const listSystems = defineCommand({
  name: "list-systems",
  aliases: ["list-devices"],
  summary: "list the devices: connected or last seen, in sync or not, apps",
  options: {},
  defaultFormat: "table",
  async handler(_flags, { connect, signal }) {
    const devices = await connect().call("listDevices", { signal });
    return { data: devices.map(deviceListView), table: deviceTable(devices) };
  },
});
