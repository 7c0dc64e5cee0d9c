import type { Content } from "./content.ts";
import type { Digest } from "./digest.ts";
import { manifestBlobs } from "./manifest.ts";
import type { Packet } from "./packet.ts";

/**
 * What a delta between two packets is made of: contents that only the old one has, one after the other, become those
 * that only the new one has. Server and agent both work it out from the manifests. Configuration files of the old
 * packet are left out, because people edit them on the device; so is what is empty.
 */
export function deltaContents(
  old: Packet,
  next: Packet,
): { readonly base: readonly Content[]; readonly target: readonly Content[] } {
  const [before, after] = [packetContents(old), packetContents(next)];
  const conffiles = new Set(old.conffiles);
  const edited = new Set(
    old.manifest.flatMap((entry) => (entry.type === "file" && conffiles.has(entry.path) ? entry.digest : [])),
  );
  const filled = ({ size }: Content): boolean => size > 0;
  return {
    base: [...before.values()]
      .filter(({ digest }) => !after.has(digest) && !edited.has(digest))
      .filter(filled),
    target: [...after.values()].filter(({ digest }) => !before.has(digest)).filter(filled),
  };
}

/** What a packet is made of: files in the order of their first paths, then scripts by name; each content once. */
export function packetContents({ manifest, scripts }: Packet): ReadonlyMap<Digest, Content> {
  const contents = new Map<Digest, Content>();
  for (const [digest, size] of manifestBlobs(manifest)) contents.set(digest, { digest, size });
  for (const [, { digest, size }] of Object.entries(scripts).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!contents.has(digest)) contents.set(digest, { digest, size });
  return contents;
}
