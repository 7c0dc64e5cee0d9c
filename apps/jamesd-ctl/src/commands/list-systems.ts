import { flag, parseCount, parsed } from "@jamesd/config";
import { JamesError, parseName } from "@jamesd/model";
import { type DeviceInfo, SYNC_STATUSES } from "@jamesd/protocol";
import { defineCommand } from "../cli/command.ts";
import { tagList, wordList } from "../cli/lists.ts";
import { deviceListView, deviceTable } from "../views/device-view.ts";
import { readPages } from "./pages.ts";
import { timeFlag } from "./point-flags.ts";

/** Lists devices. */
export const listSystems = defineCommand({
  name: "list-systems",
  aliases: ["list-devices"],
  summary: "list the devices: connected or last seen, in sync or not, apps",
  options: {
    tags: tagList({ help: "only devices that have all these system tags" }),
    app: parsed({ value: "NAME", help: "only devices that have this app", parse: parseName }),
    appTags: tagList({ help: "only devices whose --app has all these tags, such as its version" }),
    sync: wordList({ help: "only devices that stand so", words: SYNC_STATUSES }),
    connected: flag({ help: "only devices that are connected" }),
    disconnected: flag({ help: "only devices that are not connected" }),
    seenSince: timeFlag("only devices that were seen since: 1h ago, or a time as 2026-01-31T12:00:00Z"),
    seenBefore: timeFlag("only devices that were not seen since"),
    limit: parsed({ value: "N", help: "at most so many, the first by id", parse: parseCount }),
  },
  defaultFormat: "table",
  async handler(
    { tags, app, appTags, sync, connected, disconnected, seenSince, seenBefore, limit },
    context,
  ) {
    if (connected && disconnected)
      throw new JamesError("USAGE", "--connected and --disconnected are both given", { hint: "Give one." });
    if (appTags !== undefined && app === undefined)
      throw new JamesError("USAGE", "--app-tags needs --app NAME", {
        hint: "Name the app that has these tags; --tags are of the device.",
      });
    const client = context.connect();
    const filter = {
      tags: tags?.join(","),
      app,
      appTags: appTags?.join(","),
      sync,
      connected: connected ? "true" : disconnected ? "false" : undefined,
      seenSince: seenSince?.toString(),
      seenBefore: seenBefore?.toString(),
    };
    const devices = await readPages<DeviceInfo>(limit ?? Number.POSITIVE_INFINITY, (most, last) => {
      const query = { ...filter, after: last?.id, limit: String(most) };
      return client.call("listDevices", { query, signal: context.signal });
    });
    return { data: devices.map(deviceListView), table: deviceTable(devices) };
  },
});
