import { flag } from "@jamesd/config";
import { defineCommand } from "../cli/command.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Forgets a device. */
export const removeDevice = defineCommand({
  name: "remove-device",
  aliases: ["delete-device", "remove-system"],
  summary: "forget a device; when it checks in again it is a new one",
  options: {
    id: deviceIdFlag,
    force: flag({ help: "even when it is connected or has a desired state of its own, which goes as well" }),
  },
  defaultFormat: "yaml",
  async handler({ id, force }, { connect, signal }) {
    const query = { force: force ? "true" : undefined };
    await connect().call("removeDevice", { params: { id }, query, signal });
    return { data: { id, removed: true } };
  },
});
