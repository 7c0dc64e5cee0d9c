import { featuresOf, manifestFiles, manifestSize, type Packet } from "@jamesd/model";
import { packManifest, readManifest, unpackManifest } from "./manifest-text.ts";

/** A packet as it is kept: its manifest may be long, and is packed where nobody waits. */
export interface PackedPacket extends Omit<Packet, "manifest"> {
  /** How many regular files it has, and how many bytes they have together. */
  readonly files: number;
  readonly size: number;
  /** What an agent must have to install it. */
  readonly features: readonly string[];
  /** As `packManifest` makes it. */
  readonly packedManifest: Uint8Array;
}

/** Packs a packet; one of thousands of files takes a while. */
export function packPacket({ manifest, ...head }: Packet): PackedPacket {
  return {
    ...head,
    files: manifestFiles(manifest),
    size: manifestSize(manifest),
    features: featuresOf({ ...head, manifest }),
    packedManifest: packManifest(manifest),
  };
}

/** What was packed, while others run. @throws Error when it is damaged */
export async function unpackPacket(packed: PackedPacket): Promise<Packet> {
  const { files: _files, size: _size, features: _features, packedManifest, ...head } = packed;
  return { ...head, manifest: await readManifest(await unpackManifest(packedManifest)) };
}
