import type { DeviceInfo } from "@jamesd/protocol";

/** How far a device is on its way, such as `fetched 12.0 of 80.5 MiB`; undefined when it does not say. */
export function wayText({ preparing }: Pick<DeviceInfo, "preparing">): string | undefined {
  if (!preparing) return undefined;
  const { bytes, total } = preparing;
  if (bytes === undefined || total === undefined) return "preparing";
  return total === 0 ? "preparing" : `fetched ${mebibytes(bytes)} of ${mebibytes(total)} MiB`;
}

/** The same in a cell, after how it stands, such as `pending 15%`. */
export function syncText({ sync, preparing }: Pick<DeviceInfo, "sync" | "preparing">): string {
  const { bytes, total = 0 } = preparing ?? {};
  if (bytes === undefined || total === 0) return sync;
  return `${sync} ${Math.floor((100 * bytes) / total)}%`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
