import { flag } from "@jamesd/config";
import type { Device } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import type { Meaning } from "../cli/meaning.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Forgets a device. */
export const removeDevice = defineCommand({
  name: "remove-device",
  aliases: ["delete-device", "remove-system"],
  summary: "forget a device; when it checks in again it is a new one",
  options: {
    id: deviceIdFlag,
    force: flag({ help: "even when it is connected or has a desired state of its own, which goes as well" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, force, yes }, context) {
    const { connect, signal } = context;
    const client = connect();
    const device = await client.call("getDevice", { params: { id }, signal });
    // Without --force the server refuses what is in use.
    const isRefused = !force && (device.connected || device.desired !== null);
    if (!isRefused) await confirmImpact(removal(device), "removing this device", yes, context);
    const query = { force: force ? "true" : undefined };
    await client.call("removeDevice", { params: { id }, query, signal });
    return { data: { id, removed: true } };
  },
});

function removal({ id, connected, desired }: Device): Meaning {
  return {
    devices: 1,
    connected: connected ? 1 : 0,
    unsatisfiable: 0,
    ids: [id],
    gone: [`the device ${id}`, ...(desired ? [`the desired state of ${id}`] : [])],
  };
}
