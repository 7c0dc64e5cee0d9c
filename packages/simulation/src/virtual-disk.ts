import {
  type BundledBlob,
  bundleOf,
  type Digest,
  type InstalledApp,
  isAuthentic,
  manifestBlobs,
  type Packet,
  type ScriptName,
  scriptNames,
  sha256,
} from "@jamesd/model";

/** What there is to know of a packet to install it. */
export interface KnownPacket {
  readonly scripts: readonly ScriptName[];
  /** What its bundle holds, in its order. */
  readonly bundled: readonly BundledBlob[];
  /** What is fetched one by one: what is too long for that, and the scripts. */
  readonly single: readonly Digest[];
}

/** What devices have seen of packets, one copy for all: each has compared its own with the digest. */
export type Library = Map<Digest, KnownPacket>;

/** Files of a device that are nowhere: which apps are installed, and which contents are there. */
export class VirtualDisk {
  readonly #library: Library;
  readonly #blobs = new Set<Digest>();
  readonly #packets = new Set<Digest>();
  installed: readonly InstalledApp[] = [];

  constructor(library: Library) {
    this.#library = library;
  }

  /** The packet, if this device has fetched it. */
  packet(digest: Digest): KnownPacket | undefined {
    return this.#packets.has(digest) ? this.#library.get(digest) : undefined;
  }

  has(blob: Digest): boolean {
    return this.#blobs.has(blob);
  }

  /** Keeps a packet that was fetched. @throws Error when it is not the one of that digest */
  addPacket(digest: Digest, packet: Packet): KnownPacket {
    if (packet.digest !== digest || !isAuthentic(packet)) throw new Error(`${digest} is another packet`);
    const known = this.#library.get(digest) ?? knownOf(packet);
    this.#library.set(digest, known);
    this.#packets.add(digest);
    return known;
  }

  /** Keeps a content that was fetched. @throws Error when it is not the one of that digest */
  addBlob(digest: Digest, content: Uint8Array): void {
    if (sha256(content) !== digest) throw new Error(`${digest} is another content`);
    this.#blobs.add(digest);
  }

  /** Has these apps and no others from now on; forgets what only those before needed. */
  install(apps: readonly InstalledApp[]): void {
    this.installed = apps;
    const kept = new Set(apps.map(({ digest }) => digest));
    for (const digest of this.#packets) if (!kept.has(digest)) this.#packets.delete(digest);
    const needed = new Set([...kept].flatMap((digest) => this.#contentsOf(digest)));
    for (const blob of this.#blobs) if (!needed.has(blob)) this.#blobs.delete(blob);
  }

  #contentsOf(digest: Digest): readonly Digest[] {
    const { bundled = [], single = [] } = this.#library.get(digest) ?? {};
    return [...bundled.map((blob) => blob.digest), ...single];
  }
}

function knownOf({ scripts, manifest }: Packet): KnownPacket {
  const bundled = bundleOf(manifest);
  const isBundled = new Set(bundled.map(({ digest }) => digest));
  const large = [...manifestBlobs(manifest)].filter(([digest, size]) => size > 0 && !isBundled.has(digest));
  const names = scriptNames(scripts);
  const texts = names.flatMap((name) => scripts[name]?.digest ?? []);
  return { scripts: names, bundled, single: [...new Set([...large.map(([digest]) => digest), ...texts])] };
}
