import { defineCommand } from "../cli/command.ts";
import { stateView } from "../views/device-view.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Prints what a device reports, in the form that set-desired-state reads. */
export const getState = defineCommand({
  name: "get-state",
  aliases: [],
  summary: "print a device's state, in the form that set-desired-state reads",
  options: { id: deviceIdFlag },
  defaultFormat: "yaml",
  async handler({ id }, { connect, signal }) {
    return { data: stateView(await connect().call("getDevice", { params: { id }, signal })) };
  },
});
