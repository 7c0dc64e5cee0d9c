import { flag } from "@jamesd/config";
import type { Device } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { confirmImpact, YES_FLAG } from "../cli/confirm.ts";
import { type Meaning, meaningOfDevices } from "../cli/meaning.ts";
import { deviceIdFlag } from "./id-flags.ts";

/** Forgets a device. */
export const removeDevice = defineCommand({
  name: "remove-device",
  aliases: ["delete-device", "remove-system"],
  summary: "forget a device; when it checks in again it is a new one",
  options: {
    id: deviceIdFlag,
    force: flag({ help: "even when it is connected or has a desired state of its own, which goes as well" }),
    revoke: flag({ help: "lock it out as well, before: it does not come back; unrevoke lets it in again" }),
    ...YES_FLAG,
  },
  defaultFormat: "yaml",
  async handler({ id, force, revoke, yes }, context) {
    const { connect, signal } = context;
    const client = connect();
    const device = await client.call("getDevice", { params: { id }, signal });
    // Without --force the server refuses what is in use; who is locked out is not connected.
    const isRefused = !force && ((device.connected && !revoke) || device.desired !== null);
    if (!isRefused) {
      await confirmImpact(removal(device), "removing this device", yes, context);
      const locked = { kind: "name" as const, name: id };
      if (revoke) await client.call("revoke", { body: { locked, reason: "removed" }, signal });
    }
    const isForced = force || (revoke && !isRefused);
    const query = { force: isForced ? "true" : undefined };
    await client.call("removeDevice", { params: { id }, query, signal });
    return { data: { id, removed: true, ...(revoke && { revoked: true }) } };
  },
});

function removal(device: Device): Meaning {
  const { id, desired } = device;
  return {
    ...meaningOfDevices([device]),
    gone: [`the device ${id}`, ...(desired ? [`the desired state of ${id}`] : [])],
  };
}
