import type { Content } from "./content.ts";
import type { Digest } from "./digest.ts";
import { manifestBlobs } from "./manifest.ts";
import type { Packet, Scripts } from "./packet.ts";

/**
 * What a delta between two packets is made of: contents that only the old one has, one after the other, become those
 * that only the new one has. Server and agent both work it out from the manifests. Configuration files of the old
 * packet are left out, because people edit them on the device; so is what is empty.
 */
export function deltaContents(
  old: Packet,
  next: Packet,
): { readonly base: readonly Content[]; readonly target: readonly Content[] } {
  const conffiles = new Set(old.conffiles);
  const edited = new Set<Digest>();
  for (const entry of old.manifest)
    if (entry.type === "file" && conffiles.has(entry.path)) edited.add(entry.digest);
  const filled = ({ size }: Content): boolean => size > 0;
  return {
    base: contentsOfOne(old, next)
      .filter(({ digest }) => !edited.has(digest))
      .filter(filled),
    target: contentsOfOne(next, old).filter(filled),
  };
}

/** The contents of a packet that another one has not, in the order of `packetContents`. */
function contentsOfOne({ manifest, scripts }: Packet, other: Packet): readonly Content[] {
  const contents = new Map<Digest, Content>();
  let there = 0;
  for (const entry of manifest) {
    if (entry.type !== "file") continue;
    // Most are in both at the same path: of those nothing is made.
    while ((other.manifest[there]?.path ?? entry.path) < entry.path) there += 1;
    const same = other.manifest[there];
    if (same?.type === "file" && same.digest === entry.digest) continue;
    contents.set(entry.digest, { digest: entry.digest, size: entry.size });
  }
  addScripts(contents, scripts);
  for (const entry of other.manifest) if (entry.type === "file") contents.delete(entry.digest);
  for (const { digest } of Object.values(other.scripts)) contents.delete(digest);
  return [...contents.values()];
}

/** What a packet is made of: files in the order of their first paths, then scripts by name; each content once. */
export function packetContents({ manifest, scripts }: Packet): ReadonlyMap<Digest, Content> {
  const contents = new Map<Digest, Content>();
  for (const [digest, size] of manifestBlobs(manifest)) contents.set(digest, { digest, size });
  addScripts(contents, scripts);
  return contents;
}

function addScripts(contents: Map<Digest, Content>, scripts: Scripts): void {
  for (const [, { digest, size }] of Object.entries(scripts).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!contents.has(digest)) contents.set(digest, { digest, size });
}
