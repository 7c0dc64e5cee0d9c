import {
  type Digest,
  type Entry,
  isPlaced,
  JamesError,
  type Packet,
  type Plan,
  sortedManifest,
} from "@jamesd/model";
import type { RootFs } from "../disk/root-fs.ts";
import { isIn, nameOf, parentOf, pathIn } from "../disk/tree-path.ts";
import type { KeptConffile } from "../journal/device-state.ts";
import type { PacketOf } from "./packet-lookup.ts";

/** Paths as places: two of them are the same place when they are the same text. */
export interface Placed {
  /** A packet of the plan, or one that it does not touch, with places for its paths. */
  readonly packetOf: PacketOf;
  /** Where what a coming packet has at a path is put. */
  readonly comingPlace: (path: string) => string;
  readonly directories: readonly string[];
  readonly conffiles: readonly KeptConffile[];
}

/** What is to be placed: the packets that are installed or wanted, and what state.json remembers. */
export interface Unplaced {
  readonly packets: readonly Packet[];
  /** Directories that the agent made. */
  readonly directories: readonly string[];
  readonly conffiles: readonly KeptConffile[];
}

/**
 * Resolves the links above every path, as they are now; for packets that come as they will be, when what leaves has left.
 * @throws JamesError PATH_CONFLICT when a coming packet has two things for one place
 */
export function placeAll(plan: Plan, { packets, directories, conffiles }: Unplaced, root: RootFs): Placed {
  const digests = (kind: "delete" | "unpack"): ReadonlySet<Digest> =>
    new Set(plan.steps.flatMap((step) => (step.kind === kind ? [step.packet] : [])));
  const [leaving, coming] = [digests("delete"), digests("unpack")];
  const now = new Places(root);
  const here = packets.filter(({ digest }) => !coming.has(digest)).map((packet) => now.packet(packet));
  const gone = here.filter(({ digest }) => leaving.has(digest)).flatMap(({ manifest }) => manifest);
  const later = new Places(root, new Set(gone.filter(isPlaced).map(({ path }) => path)));
  const arriving = packets
    .filter(({ digest }) => coming.has(digest))
    .map((packet) => later.comingPacket(packet));
  const placed = new Map([...here, ...arriving].map((packet) => [packet.digest, packet]));
  return {
    packetOf: (digest) => placed.get(digest) as Packet,
    comingPlace: (path) => later.entry(path),
    directories: directories.map((path) => now.entry(path)).filter((path) => mayBeDirectory(path, root)),
    conffiles: conffiles.map(({ path, digest }) => ({ path: now.entry(path), digest })),
  };
}

/** Knows the place of every path, each directory looked at once. */
class Places {
  readonly #root: RootFs;
  /** Files and links that make way: what one sees through them now is another place. */
  readonly #makeWay: ReadonlySet<string>;
  readonly #known = new Map([["", ""]]);
  /** The folder of the last path, and its place. */
  #last = ["", ""] as readonly [folder: string, place: string];

  constructor(root: RootFs, makeWay: ReadonlySet<string> = new Set()) {
    this.#root = root;
    this.#makeWay = makeWay;
  }

  /** The place of an entry: the links above it are resolved, itself is not. */
  entry(path: string): string {
    if (!isIn(path, this.#last[0])) {
      const parent = parentOf(path);
      this.#last = [parent, this.#directory(parent)];
    }
    const [folder, place] = this.#last;
    return place === folder ? path : pathIn(place, nameOf(path));
  }

  packet(packet: Packet): Packet {
    return this.#placed(packet, () => undefined);
  }

  /** @throws JamesError PATH_CONFLICT */
  comingPacket(packet: Packet): Packet {
    return this.#placed(packet, (one, other, place) => {
      if (isPlaced(one) || isPlaced(other)) throw twice(packet.name, one.path, other.path, place);
    });
  }

  #placed(packet: Packet, meet: (one: Entry, other: Entry, place: string) => void): Packet {
    // Most of the time no link is on the way, and of two paths none is another's place.
    if (packet.manifest.every((entry) => this.#placeOf(entry) === entry.path)) return packet;
    const entries = new Map<string, Entry>();
    for (const entry of packet.manifest) {
      const path = this.#placeOf(entry);
      const other = entries.get(path);
      if (other) meet(other, entry, path);
      else entries.set(path, entry);
    }
    const manifest = sortedManifest([...entries].map(([path, entry]) => ({ ...entry, path })));
    return { ...packet, manifest, conffiles: packet.conffiles.map((path) => this.entry(path)).sort() };
  }

  #placeOf(entry: Entry): string {
    return isPlaced(entry) ? this.entry(entry.path) : this.#directory(entry.path);
  }

  #directory(path: string): string {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const at = this.entry(path);
    const place = this.#makeWay.has(at) ? at : this.#resolved(at);
    this.#known.set(path, place);
    return place;
  }

  // Only a link can lead elsewhere: above it everything is resolved already.
  #resolved(path: string): string {
    return this.#root.lstat(path)?.isSymbolicLink() ? (this.#root.resolve(path) ?? path) : path;
  }
}

// What was replaced by a link or a file is no directory of ours; one that is missing may come back with its file system.
function mayBeDirectory(path: string, root: RootFs): boolean {
  return root.lstat(path)?.isDirectory() ?? true;
}

function twice(app: string, one: string, other: string, place: string): JamesError {
  return new JamesError(
    "PATH_CONFLICT",
    `${app} has /${one} and /${other}, which are both /${place} on this device`,
    {
      hint: "Links on this device make one place of two directories: upload the packet with one of the paths.",
    },
  );
}
