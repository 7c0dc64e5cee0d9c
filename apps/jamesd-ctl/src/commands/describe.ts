import { JamesError } from "@jamesd/model";
import type { Client, Device } from "@jamesd/protocol";
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
    const paused = await pausedRollout(client, device, signal);
    return { data: describeDevice(device, plan, Date.now(), paused) };
  },
});

/** The rollout that brings a device what it has not got yet, if it is paused: as long as it is, nothing comes. */
async function pausedRollout(
  client: Client,
  { sync, revision }: Device,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (sync !== "failed" && sync !== "pending") return undefined;
  const live = await client.call("listRollouts", { query: {}, signal }).catch((thrown: unknown) => {
    // An older server has no rollouts.
    if (thrown instanceof JamesError && thrown.code === "ROUTE_UNKNOWN") return [];
    throw thrown;
  });
  return live.find((one) => one.revision === revision && one.status === "paused")?.revision;
}
