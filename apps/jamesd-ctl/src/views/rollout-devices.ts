import type { Table } from "@jamesd/config/print";
import type { RolloutDevice } from "@jamesd/protocol";
import { isoTime } from "@jamesd/protocol/words";

/** Devices of a rollout's open waves as a table. */
export function rolloutDeviceTable(devices: readonly RolloutDevice[]): Table {
  const rows = devices.map(({ id, wave, progress, excused, connected, lastSeen, problem }) => [
    id,
    String(wave),
    excused ? `${progress}, excused` : progress,
    connected ? "connected" : lastSeen === null ? "never" : isoTime(lastSeen),
    problem?.message ?? "-",
  ]);
  return { columns: ["id", "wave", "state", "seen", "problem"], rows };
}

/** One of them for programs, in the words of the command line. */
export function rolloutDeviceView({ progress, lastSeen, ...device }: RolloutDevice) {
  return { ...device, state: progress, lastSeen: lastSeen === null ? null : isoTime(lastSeen) };
}
