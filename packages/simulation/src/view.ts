import type { Sample } from "./sample.ts";

const MB = 1_000_000;

/** How a fleet is, in one line; `before` is the sample before, for what is told by the second. */
export function viewLine(now: Sample, before: Sample | undefined): string {
  const seconds = (now.atMs - (before?.atMs ?? 0)) / 1000;
  const aSecond = (what: "checkIns" | "bytes"): number =>
    seconds > 0 ? (now[what] - (before?.[what] ?? 0)) / seconds : 0;
  const fields = [
    `${(now.atMs / 1000).toFixed(0).padStart(5)} s`,
    `${now.connected} of ${now.devices} connected`,
    `${now.inSync} in sync`,
    `${now.working} working`,
    `${now.failed} failed`,
    `${aSecond("checkIns").toFixed(0)} check-ins/s`,
    `${(aSecond("bytes") / MB).toFixed(2)} MB/s`,
  ];
  return fields.join(" · ");
}
