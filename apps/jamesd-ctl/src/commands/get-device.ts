import { defineCommand } from "../cli/command.ts";
import { deviceView } from "../views/device-view.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Prints everything the server knows of a device. */
export const getDevice = defineCommand({
  name: "get-device",
  aliases: ["get-system"],
  summary: "print all about a device: state, desired state, last transaction",
  options: { id: deviceIdFlag },
  defaultFormat: "yaml",
  async handler({ id }, { connect, signal }) {
    return { data: deviceView(await connect().call("getDevice", { params: { id }, signal })) };
  },
});
