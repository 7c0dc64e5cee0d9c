import { counted, shortDigest } from "@jamesd/model";
import type { LockedOut } from "../schema-revocation.ts";

/** Whom a lock keeps out, in words. */
export function lockedText(locked: LockedOut): string {
  if (locked.kind === "name") return locked.devicesOnly ? `the device ${locked.name}` : locked.name;
  return `the certificate ${locked.serial}${locked.issuer === null ? "" : ` of the issuer ${shortDigest(locked.issuer)}`}`;
}

/** `1 path`, `3 paths`. */
export function pathsText(count: number): string {
  return counted(count, "path");
}

const TROUBLE_TEXTS: Readonly<Record<string, string>> = {
  breach: "more devices failed than may",
  stalled: "a wave had no success for too long",
};

/** Why a rollout stands still without somebody's doing. */
export function troubleText(trouble: string): string {
  return TROUBLE_TEXTS[trouble] ?? trouble;
}
