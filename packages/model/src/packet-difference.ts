import { diffEntries, type EntryDifference } from "./diff-entries.ts";
import { entryText, shortDigest } from "./entry-text.ts";
import { type Packet, SCRIPT_NAMES } from "./packet.ts";
import { policyText } from "./policy-text.ts";

/** What two packets do not have in common, besides their entries: a word for it, and what it is in each; - for nothing. */
interface FieldDifference {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two packets. */
export interface PacketContentDifference {
  readonly fields: readonly FieldDifference[];
  readonly entries: readonly EntryDifference[];
}

/** Compares two packets. */
export function comparePackets(before: Packet, after: Packet): PacketContentDifference {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const fields = Object.keys(old)
    .map((what) => ({ what, before: old[what] ?? "-", after: now[what] ?? "-" }))
    .filter((field) => field.before !== field.after);
  return { fields, entries: diffEntries(before.manifest, after.manifest) };
}

/** What differs, a line each: what, how, before and after. */
export function packetDifferenceRows({
  fields,
  entries,
}: PacketContentDifference): readonly (readonly string[])[] {
  const rows = entries.map(({ path, before, after, aspects }) => [
    `/${path}`,
    aspects.length > 0 ? aspects.join(", ") : changeOf(before, after),
    before ? entryText(before) : "-",
    after ? entryText(after) : "-",
  ]);
  return [...fields.map(({ what, before, after }) => [what, "changed", before, after]), ...rows];
}

/** What became of what was before. */
export function changeOf(before: unknown, after: unknown): "added" | "removed" | "changed" {
  if (before === null) return "added";
  return after === null ? "removed" : "changed";
}

function fieldsOf(packet: Packet): Record<string, string> {
  const { name, tags, scripts, conffiles, volatile, policy, setid, agent } = packet;
  return {
    name,
    tags: tags.join(",") || "-",
    ...Object.fromEntries(SCRIPT_NAMES.map((script) => [script, contentText(scripts[script])])),
    conffiles: conffiles.join(",") || "-",
    volatile: volatile.join(",") || "-",
    policy: policyText(policy),
    setid: String(setid),
    agent: String(agent),
  };
}

function contentText(content: { readonly digest: string; readonly size: number } | undefined): string {
  return content ? `${content.size} bytes (${shortDigest(content.digest)})` : "-";
}
