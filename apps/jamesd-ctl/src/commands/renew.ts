import { flag } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import { defineCommand } from "../cli/command.ts";
import { checkFilter, DEVICE_FILTER, type DeviceFilter, listDevices } from "./device-filter.ts";
import { anyDeviceFlag } from "./id-flags.ts";

/** So many are asked at a time. */
const AT_ONCE = 1000;
/** So many that cannot are named. */
const NAMED = 20;

/** Has devices get other certificates now. */
export const renew = defineCommand({
  name: "renew",
  aliases: [],
  summary: "have devices get other certificates now for those that they have, as when a CA is replaced",
  options: {
    id: anyDeviceFlag,
    all: flag({ help: "every device" }),
    ...DEVICE_FILTER,
  },
  defaultFormat: "yaml",
  async handler({ id, all, ...filter }, { connect, signal }) {
    checkFilter(filter);
    if ([id !== undefined, all, isFiltered(filter)].filter(Boolean).length !== 1)
      throw new JamesError("USAGE", "renew needs one of --id, --all, and flags that choose devices", {
        hint: "As in renew --issuer WORD, for all whose certificates that CA has issued.",
      });
    const client = connect();
    const ids = id === undefined ? (await listDevices(client, filter, signal)).map((one) => one.id) : [id];
    const cannot: string[] = [];
    let devices = 0;
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const body = { ids: ids.slice(at, at + AT_ONCE) };
      const asked = await client.call("renewDevices", { body, signal });
      devices += asked.devices;
      cannot.push(...asked.cannot);
    }
    return { data: { devices, ...cannotView(cannot) }, failure: cannotBe(id, cannot) };
  },
});

function isFiltered(filter: DeviceFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined && value !== false);
}

function cannotView(cannot: readonly string[]) {
  if (cannot.length === 0) return {};
  return {
    cannot: cannot.length > NAMED ? [...cannot.slice(0, NAMED), "…"] : cannot,
    why: "they have not checked in with this server yet, or their agents do not know how to",
  };
}

// Of many those that cannot are what is left to do; of one it is all there was.
function cannotBe(id: string | undefined, cannot: readonly string[]): JamesError | undefined {
  if (id === undefined || cannot.length === 0) return undefined;
  return new JamesError("AGENT_TOO_OLD", `${id} cannot be asked to renew its certificate`, {
    hint: "It has to have checked in, with an agent that knows how to; bring the agent up to date.",
  });
}
