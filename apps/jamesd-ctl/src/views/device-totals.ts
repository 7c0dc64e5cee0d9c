import { counted, JamesError } from "@jamesd/model";
import { endsSoon } from "@jamesd/pki/credentials";
import type { DeviceInfo } from "@jamesd/protocol";
import { SYNC_STATUSES } from "@jamesd/protocol/operator";
import { isoTime } from "@jamesd/protocol/words";

/** So many devices are named; of the others there is a number. */
const NAMED = 3;
/** How a device stands that has what it should have, or for which nobody wants anything. */
const GOOD: ReadonlySet<string> = new Set(["in-sync", "unmanaged"]);

/** How many devices there are and how they stand, in one line. */
export function deviceTotals(devices: readonly DeviceInfo[]): string {
  const connected = devices.filter((device) => device.connected).length;
  const counts = syncCounts(devices);
  return `${counted(devices.length, "device")}: ${counts === "" ? "" : `${counts}; `}${connected} connected`;
}

/** Why a list is not one of devices that all have what they should have; undefined when it is. @returns NOT_IN_SYNC */
export function notInSync(devices: readonly DeviceInfo[]): JamesError | undefined {
  const others = devices.filter(({ sync }) => !GOOD.has(sync));
  if (others.length === 0) return undefined;
  const verb = others.length === 1 ? "is" : "are";
  const message = `${others.length} of ${counted(devices.length, "device")} ${verb} not in sync: ${syncCounts(others)}`;
  return new JamesError("NOT_IN_SYNC", message, {
    hint: "See list-systems --columns id,sync,error, and describe --id D of one of them.",
  });
}

/** What to say of the devices whose certificates end soon, or have ended, by what the server says, or else within 30 days of `now`; nothing when there are none. */
export function endingCertificates(devices: readonly DeviceInfo[], now: number): readonly string[] {
  const ending = devices
    .flatMap(({ id, certEnds, certLate }) =>
      typeof certEnds === "number" && (certLate ?? endsSoon(certEnds, now)) ? [{ id, certEnds }] : [],
    )
    .sort((one, other) => one.certEnds - other.certEnds);
  if (ending.length === 0) return [];
  const named = ending.slice(0, NAMED).map(({ id, certEnds }) => `${id} (${isoTime(certEnds)})`);
  const more = ending.length > NAMED ? ` and ${ending.length - NAMED} more` : "";
  return [
    `the certificates of ${counted(ending.length, "device")} have ended or end within 30 days: ${named.join(", ")}${more}; issue new ones`,
  ];
}

/** What to say of the devices of which somebody has a key that they have replaced; nothing when there are none. */
export function clonedDevices(devices: readonly DeviceInfo[]): readonly string[] {
  const cloned = devices.flatMap(({ id, clone }) => (clone ? [`${id} (from ${clone.address})`] : []));
  if (cloned.length === 0) return [];
  const more = cloned.length > NAMED ? ` and ${cloned.length - NAMED} more` : "";
  return [
    `another machine has a key that its device has replaced: ${cloned.slice(0, NAMED).join(", ")}${more}; see describe`,
  ];
}

function syncCounts(devices: readonly DeviceInfo[]): string {
  const words = [...new Set<string>([...SYNC_STATUSES, ...devices.map(({ sync }) => sync)])];
  return words
    .map((word) => [devices.filter(({ sync }) => sync === word).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}
