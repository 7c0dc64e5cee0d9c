import { createHash } from "node:crypto";
import { jittered } from "../backoff.ts";
import type { DeviceIdentity } from "./device-identity.ts";

/** After so much of its time a certificate is renewed, give or take a tenth of that. */
const SHARE = 2 / 3;

type Period = Pick<DeviceIdentity, "starts" | "ends" | "serial">;

/**
 * When a certificate is to be renewed, in milliseconds since the epoch. Those that were issued at once are not renewed at
 * once; and the time of each is always the same, for who draws anew at each start draws the earliest in the end.
 */
export function renewalTime({ starts, ends, serial }: Period): number {
  const drawn = createHash("sha256").update(serial).digest().readUInt32BE() / 2 ** 32;
  return starts + jittered((ends - starts) * SHARE, drawn);
}

/** When there is little time left: then it is renewed whatever that disturbs. */
export function urgentTime(period: Period): number {
  return (renewalTime(period) + period.ends) / 2;
}

/** True of what a server says that renews none; an older one does not know the question. */
export function isNotOffered(code: string | undefined): boolean {
  return code === "RENEWAL_NOT_OFFERED" || code === "ROUTE_UNKNOWN";
}
