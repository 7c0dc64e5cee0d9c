import { CAPABILITY_KEYS } from "./capability.ts";
import type { PaxRecords } from "./pax.ts";

/** Under what GNU tar, libarchive and star keep what a file has besides mode and owner. */
const ATTRIBUTE = /^(?:(?:SCHILY|LIBARCHIVE)\.xattr|RHT)\.(.+)$/s;
const ACL = /^SCHILY\.acl\./;

/** The extended attributes, access lists and labels that a pax header gives an entry and that no packet keeps, by name. */
export function droppedAttributes(pax: PaxRecords): readonly string[] {
  const names = [...pax.keys()].flatMap((key) => {
    if (CAPABILITY_KEYS.includes(key)) return [];
    if (ACL.test(key)) return ["an ACL"];
    return ATTRIBUTE.exec(key)?.[1] ?? [];
  });
  return [...new Set(names)];
}
