import type { Digest, InstalledApp } from "@jamesd/model";
import type { Device } from "./device.ts";

/**
 * True when a device is to get a packet, by what is wanted for it or by the plan that it was sent, and, where `base` is
 * given, has that one, by what it reported.
 */
export function isToGet(
  device: Device | undefined,
  sent: readonly InstalledApp[] | undefined,
  packet: Digest,
  base?: Digest,
): boolean {
  if (!device) return false;
  const has =
    (apps: readonly { readonly digest: Digest }[] = []) =>
    (digest: Digest) =>
      apps.some((app) => app.digest === digest);
  const isWanted = has(device.target?.apps)(packet) || has(sent)(packet);
  return isWanted && (base === undefined || has(device.record?.state.apps)(base));
}
