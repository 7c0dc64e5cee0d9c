import { type Content, contentSize, type Digest, type InstalledApp, packetContents } from "@jamesd/model";
import type { Repository } from "../repository/repository.ts";

type Contents = ReadonlyMap<Digest, Content>;

/** How much devices have to fetch; each packet is looked into once. Made for one answer. */
export class Transfers {
  readonly #repository: Repository;
  readonly #contents = new Map<Digest, Promise<Contents>>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Bytes that a device with one set of packets lacks of another: at the most, since a delta may do. */
  async bytes(installed: readonly InstalledApp[], wanted: readonly InstalledApp[]): Promise<number> {
    const [held, needed] = await Promise.all([this.#union(installed), this.#union(wanted)]);
    return contentSize([...needed.values()].filter(({ digest }) => !held.has(digest)));
  }

  async #union(apps: readonly InstalledApp[]): Promise<Contents> {
    const contents = await Promise.all(apps.map(({ digest }) => this.#of(digest)));
    return new Map(contents.flatMap((one) => [...one]));
  }

  #of(digest: Digest): Promise<Contents> {
    const known = this.#contents.get(digest) ?? this.#read(digest);
    this.#contents.set(digest, known);
    return known;
  }

  // A packet that was deleted may still be installed: then nothing is known of what it holds.
  async #read(digest: Digest): Promise<Contents> {
    const packet = await this.#repository.packet(digest);
    return packet ? packetContents(packet) : new Map();
  }
}
