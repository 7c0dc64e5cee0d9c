import { VERSION } from "../version.ts";
import type { Families, Readings } from "./family.ts";

/** Which program it is. */
export const BUILD_FAMILIES = {
  jamesd_build_info: {
    type: "gauge",
    help: "1; the version of jamesd, and of the Node that it runs on",
    labels: ["version", "node"],
  },
} as const satisfies Families;

/** Reads them. */
export function buildReadings(): Readings<typeof BUILD_FAMILIES> {
  return {
    jamesd_build_info: () => [{ labels: { version: VERSION, node: process.version }, value: 1 }],
  };
}
