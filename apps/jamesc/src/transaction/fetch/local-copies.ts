import { type Digest, manifestBlobs, type Packet } from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";
import type { LocalCopies } from "./fetch.ts";

/** Where the contents that the coming packets need may already be: installed files of the same digest. */
export function localCopies(owned: readonly Packet[], coming: readonly Packet[], root: RootFs): LocalCopies {
  const needed = new Set(coming.flatMap(({ manifest }) => [...manifestBlobs(manifest).keys()]));
  const copies = new Map<Digest, () => string>();
  for (const { manifest } of owned)
    for (const entry of manifest)
      if (entry.type === "file" && needed.has(entry.digest))
        copies.set(entry.digest, () => root.at(entry.path));
  return copies;
}
