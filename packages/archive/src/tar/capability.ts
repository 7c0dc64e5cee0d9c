import { quoted, refusal } from "../refuse.ts";
import type { PaxRecords } from "./pax.ts";

/** Under which name GNU tar keeps file capabilities: as the bytes that they are. */
export const CAPABILITY_KEY = "SCHILY.xattr.security.capability";
/** And libarchive, which writes both: in base64. */
const BASE64_KEY = "LIBARCHIVE.xattr.security.capability";
/** All of them. */
export const CAPABILITY_KEYS: readonly string[] = [CAPABILITY_KEY, BASE64_KEY];

/**
 * The file capabilities (capabilities(7)) that a pax header gives an entry, as hexadecimal digits: whatever it says, not
 * judged. @throws JamesError ARCHIVE_UNSAFE when it says two things
 */
export function capabilityOf(pax: PaxRecords, name: string): string | undefined {
  const plain = pax.get(CAPABILITY_KEY)?.toString("hex");
  const text = pax.get(BASE64_KEY)?.toString("latin1");
  const decoded = text === undefined ? undefined : Buffer.from(text, "base64").toString("hex");
  if (plain !== undefined && decoded !== undefined && plain !== decoded)
    throw refusal("ARCHIVE_UNSAFE", `the headers give ${quoted(name)} two different capabilities`);
  return plain ?? decoded;
}
