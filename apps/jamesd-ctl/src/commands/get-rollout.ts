import { flag, parseCount, parsed } from "@jamesd/config";
import { JamesError } from "@jamesd/model";
import type { Client, RolloutDevice } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";
import { type Context, defineCommand, type Result } from "../cli/command.ts";
import { rolloutDeviceTable, rolloutDeviceView } from "../views/rollout-devices.ts";
import { rolloutPacketTable } from "../views/rollout-packets.ts";
import { countsTable, rolloutResult } from "../views/rollout-text.ts";
import { readPages } from "./pages.ts";
import { rolloutFlag, stateFlag } from "./rollout-flags.ts";
import { whyNone } from "./why-none.ts";

/** Prints how far a rollout is, or the devices of its open waves. */
export const getRollout = defineCommand({
  name: "get-rollout",
  aliases: [],
  summary: "print how far a rollout is and what it does next, or the devices of its open waves",
  options: {
    revision: rolloutFlag,
    wave: parsed({ value: "K", help: "the devices of this wave, from 1 on", parse: parseCount }),
    state: stateFlag,
    overTime: flag({ help: "how many devices were where, as it went on" }),
    packets: flag({ help: "which packets it brings, in the place of which, and to how many devices" }),
    limit: parsed({ value: "N", help: "at most so many devices, the first by id", parse: parseCount }),
  },
  defaultFormat: "table",
  async handler({ revision, wave, state, overTime, packets, limit }, { connect, note, signal }) {
    const client = connect();
    const read = () => client.call("getRollout", { params: { revision: String(revision) }, signal });
    const explained = async (result: Result): Promise<Result> => {
      const why = result.table?.rows.length === 0 ? whyNone(await read(), wave) : undefined;
      if (why !== undefined) note(why);
      return result;
    };
    const areDevices = wave !== undefined || state !== undefined || limit !== undefined;
    if ([areDevices, overTime, packets].filter(Boolean).length > 1)
      throw new JamesError("USAGE", "more than one list is asked for", {
        hint: "Devices of waves, --over-time and --packets are a list each; leave the others out.",
      });
    if (areDevices) return explained(await listDevices(client, { revision, wave, state, limit }, signal));
    if (overTime) return countsOf(client, revision, signal);
    if (packets) return explained(await packetsOf(client, revision, signal));
    return rolloutResult(await read());
  },
});

async function countsOf(client: Client, revision: number, signal: Context["signal"]): Promise<Result> {
  const noted = await client.call("getRolloutCounts", { params: { revision: String(revision) }, signal });
  const data = noted.map(({ time, counts }) => ({ time: isoTime(time), ...counts }));
  return { data, table: countsTable(noted) };
}

async function packetsOf(client: Client, revision: number, signal: Context["signal"]): Promise<Result> {
  const data = await client.call("listRolloutPackets", { params: { revision: String(revision) }, signal });
  return { data, table: rolloutPacketTable(data) };
}

interface Asked {
  readonly revision: number;
  readonly wave: number | undefined;
  readonly state: string | undefined;
  readonly limit: number | undefined;
}

async function listDevices(
  client: Client,
  { revision, wave, state, limit = Number.POSITIVE_INFINITY }: Asked,
  signal: Context["signal"],
): Promise<Result> {
  const devices = await readPages<RolloutDevice>(limit, (most, last) =>
    client.call("listRolloutDevices", {
      params: { revision: String(revision) },
      query: { wave: wave?.toString(), progress: state, after: last?.id, limit: String(most) },
      signal,
    }),
  );
  return { data: devices.map(rolloutDeviceView), table: rolloutDeviceTable(devices) };
}
