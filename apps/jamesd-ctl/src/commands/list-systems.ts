import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { DeviceInfo } from "@jamesd/protocol";
import { defineCommand, type Result } from "../cli/command.ts";
import { watchFleet } from "../follow/watch-fleet.ts";
import { columnHelp, type DeviceColumn, deviceTable } from "../views/device-columns.ts";
import { clonedDevices, deviceTotals, endingCertificates, notInSync } from "../views/device-totals.ts";
import { deviceListView } from "../views/device-view.ts";
import { columnsFlag } from "./column-flags.ts";
import { checkFilter, DEVICE_FILTER, listDevices } from "./device-filter.ts";

/** Lists devices. */
export const listSystems = defineCommand({
  name: "list-systems",
  aliases: ["list-devices"],
  summary: "list the devices: connected or last seen, in sync or not, apps",
  options: {
    ...DEVICE_FILTER,
    columns: columnsFlag,
    check: flag({
      help: "end with 4 unless all that are listed are in sync, or nobody wants anything of them",
    }),
    watch: flag({ help: "go on, and show what changes; on a terminal, until Ctrl-C" }),
  },
  defaultFormat: "table",
  async handler({ columns, check, watch, ...filter }, { connect, signal }) {
    checkFilter(filter);
    if (columns === "help") return columnsResult();
    if (watch && check)
      throw new JamesError("USAGE", "--watch and --check are both given", { hint: "Give one." });
    const client = connect();
    const look = async (): Promise<Result> =>
      listed(await listDevices(client, filter, signal), columns, check);
    return watch ? { views: watchFleet(client, look, signal) } : look();
  },
});

function listed(devices: readonly DeviceInfo[], columns: readonly DeviceColumn[], check: boolean): Result {
  const now = Date.now();
  return {
    data: devices.map(deviceListView),
    table: deviceTable(devices, columns, now),
    summary: deviceTotals(devices),
    notes: [...endingCertificates(devices, now), ...clonedDevices(devices)],
    failure: check ? notInSync(devices) : undefined,
  };
}

function columnsResult(): Result {
  const data = columnHelp();
  return { data, table: { columns: ["column", "shows"], rows: data.map(Object.values<string>) } };
}
