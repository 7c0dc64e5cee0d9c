import type { Summary } from "@jamesd/protocol";
import { devicesAt } from "./places.ts";
import type { StatusOf } from "./status.ts";

/** A kind of device that needs somebody, and how many there are. */
export interface Attention {
  readonly of: StatusOf;
  readonly word: string;
  readonly devices: number;
  /** Where they are listed. */
  readonly address: string;
}

/** Those that do not come right by themselves, the worst first. */
const SYNC = ["failed", "unsatisfiable", "halted", "doubled"] as const;

/** What needs somebody, whether there is any of it or not: that nothing is wrong is worth knowing too. */
export function attentionOf({
  sync,
  drifted,
  lateCertificates,
  devices,
  connected,
}: Pick<Summary, "sync" | "drifted" | "lateCertificates" | "devices" | "connected">): readonly Attention[] {
  return [
    ...SYNC.map((word) => ({
      of: "sync" as const,
      word,
      devices: sync[word] ?? 0,
      address: devicesAt(`sync:${word}`),
    })),
    { of: "attention", word: "drifted", devices: drifted, address: devicesAt("drift:yes") },
    { of: "attention", word: "late certificate", devices: lateCertificates, address: devicesAt("late:yes") },
    {
      of: "presence",
      word: "not connected",
      devices: Math.max(0, devices - connected),
      address: devicesAt("connected:no"),
    },
  ];
}
