import { constants, zstdCompressSync } from "node:zlib";
import { featuresOf, type Manifest, manifestSize, type Packet } from "@jamesd/model";

/** A packet as it is kept: its manifest may be long, and is packed where nobody waits. */
export interface PackedPacket extends Omit<Packet, "manifest"> {
  /** How many regular files it has, and how many bytes they have together. */
  readonly files: number;
  readonly size: number;
  /** What an agent must have to install it. */
  readonly features: readonly string[];
  /** The manifest as JSON, compressed with zstd. */
  readonly packedManifest: Uint8Array;
}

/** Packs a packet; one of thousands of files takes a while. */
export function packPacket({ manifest, ...head }: Packet): PackedPacket {
  return {
    ...head,
    files: manifest.filter((entry) => entry.type === "file").length,
    size: manifestSize(manifest),
    features: featuresOf({ ...head, manifest }),
    packedManifest: packManifest(manifest),
  };
}

function packManifest(manifest: Manifest): Uint8Array {
  return zstdCompressSync(JSON.stringify(manifest), {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
}
