import { flag, parsed, text } from "@jamesd/config";
import { JamesError, parseName } from "@jamesd/model";
import type { Client, DeviceInfo } from "@jamesd/protocol";
import { defineCommand } from "../command.ts";
import { deviceListView, deviceTable } from "../device-view.ts";
import { tagList } from "../flags.ts";
import { timeFlag } from "./time-flag.ts";

const PAGE = 1000;

/** Lists devices. */
export const listSystems = defineCommand({
  name: "list-systems",
  aliases: ["list-devices"],
  summary: "list the devices: connected or last seen, in sync or not, apps",
  options: {
    tags: tagList({ help: "only devices that have all these system tags" }),
    app: parsed({ value: "NAME", help: "only devices that have this app", parse: parseName }),
    appTags: tagList({ help: "only devices whose --app has all these tags, such as its version" }),
    sync: text({ value: "LIST", help: "only devices that stand so: in-sync, pending, failed, …" }),
    connected: flag({ help: "only devices that are connected" }),
    disconnected: flag({ help: "only devices that are not connected" }),
    seenSince: timeFlag("only devices that were seen since: 1h ago, or a time as 2026-01-31T12:00:00Z"),
    seenBefore: timeFlag("only devices that were not seen since"),
  },
  defaultFormat: "table",
  async handler({ tags, app, appTags, sync, connected, disconnected, seenSince, seenBefore }, context) {
    if (connected && disconnected)
      throw new JamesError("USAGE", "--connected and --disconnected are both given", { hint: "Give one." });
    const devices = await everyPage(
      context.connect(),
      {
        tags: tags?.join(","),
        app,
        appTags: appTags?.join(","),
        sync,
        connected: connected ? "true" : disconnected ? "false" : undefined,
        seenSince: seenSince?.toString(),
        seenBefore: seenBefore?.toString(),
      },
      context.signal,
    );
    return { data: devices.map(deviceListView), table: deviceTable(devices) };
  },
});

async function everyPage(
  client: Client,
  filter: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<readonly DeviceInfo[]> {
  const devices: DeviceInfo[] = [];
  for (;;) {
    const query = { ...filter, after: devices.at(-1)?.id, limit: String(PAGE) };
    const page = await client.call("listDevices", { query, signal });
    devices.push(...page);
    if (page.length < PAGE) return devices;
  }
}
