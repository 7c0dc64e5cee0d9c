import { formatMebibytes } from "@jamesd/config";
import type { DeviceInfo } from "@jamesd/protocol";
import { isoTime, timeLeft } from "@jamesd/protocol/words";

/** How far a device is on its way, such as `fetched 12.0 of 80.5 MiB`; undefined when it does not say. */
export function wayText({
  waiting,
  preparing,
}: Pick<DeviceInfo, "waiting" | "preparing">): string | undefined {
  if (waiting) return waitingText(waiting);
  if (!preparing) return undefined;
  const { bytes, total, ended } = preparing;
  if (ended !== undefined) return `changing since ${isoTime(ended)}, not heard since`;
  if (bytes === undefined || total === undefined) return "preparing";
  return total === 0 ? "preparing" : `fetched ${formatMebibytes(bytes)} of ${formatMebibytes(total)} MiB`;
}

/** By how much the clock of a device differs from the server's, such as `3 days behind`. */
export function clockOffText(off: number): string {
  return `${timeLeft(Math.abs(off))} ${off > 0 ? "ahead" : "behind"}`;
}

/** The same in a cell, after how it stands, such as `pending 15%`. */
export function syncText({
  sync,
  waiting,
  preparing,
}: Pick<DeviceInfo, "sync" | "waiting" | "preparing">): string {
  if (waiting) return `${sync}, waits`;
  const { bytes, total = 0, ended } = preparing ?? {};
  if (ended !== undefined) return `${sync}, changes`;
  if (bytes === undefined || total === 0) return sync;
  return `${sync} ${Math.floor((100 * bytes) / total)}%`;
}

function waitingText({ why, until }: NonNullable<DeviceInfo["waiting"]>): string {
  return `waits${until === undefined ? "" : ` until ${isoTime(until)}`}: ${why}`;
}
