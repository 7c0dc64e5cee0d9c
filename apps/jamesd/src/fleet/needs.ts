import type { App, Digest, PacketSummary } from "@jamesd/model";
import type { Needing } from "../packets/packets.ts";
import type { DocumentStore } from "../repository/document-store.ts";
import { type KnownDevice, resolvable } from "./device.ts";
import type { Devices } from "./devices.ts";
import { ownDocuments } from "./own-documents.ts";
import type { Sessions } from "./sessions.ts";
import type { Targets } from "./targets.ts";

/** What is looked at to say which packets are needed. */
export interface NeedsParts {
  readonly devices: Devices;
  readonly targets: Pick<Targets, "current">;
  readonly sessions: Pick<Sessions, "allSent">;
  readonly documents: Pick<DocumentStore, "ownAfter">;
}

/** Which packets devices need, whichever waves of rollouts are open. Looking at all of them takes a while, in which others run and devices change: these are looked at again. */
export class Needs {
  readonly #parts: NeedsParts;

  constructor(parts: NeedsParts) {
    this.#parts = parts;
  }

  /** The devices that have a packet, are about to, or should have it, now or while rollouts go on: what they have they need to go back to. */
  async needing(digest: Digest): Promise<Needing> {
    const watch = this.#parts.devices.watch();
    const found = new Set<string>();
    await this.#each((device, digests) => {
      if (digests.has(digest)) found.add(device);
      else found.delete(device);
    }, watch.changed);
    const sent = new Set(this.#sentWith(digest));
    return {
      ids: [...new Set([...found, ...sent])].sort(),
      isStill: () => watch.changed.size === 0 && this.#sentWith(digest).every((id) => sent.has(id)),
      [Symbol.dispose]: () => watch[Symbol.dispose](),
    };
  }

  /**
   * Of packets, those that no device has, is about to have or may have to have, and that no document means in any view: one
   * lists an app of that name, and all of its tags are among those of the packet. So a device that comes later finds what it is to get.
   */
  async unneeded<P extends PacketSummary>(packets: readonly P[]): Promise<readonly P[]> {
    using watch = this.#parts.devices.watch();
    const needed = new Set<Digest>();
    await this.#each((_, digests) => {
      for (const digest of digests) needed.add(digest);
    }, watch.changed);
    for (const [, apps] of this.#parts.sessions.allSent()) for (const { digest } of apps) needed.add(digest);
    const meant = await this.#meant(packets);
    return packets.filter((packet) => !needed.has(packet.digest) && !meant.has(packet));
  }

  /** Tells of each device which packets it has or should have, and again of those that change meanwhile, until none is left; of one that is gone none. */
  async #each(tell: (id: string, digests: ReadonlySet<Digest>) => void, changed: Set<string>): Promise<void> {
    const { devices } = this.#parts;
    for await (const batch of devices.sketches())
      for (const device of batch) tell(device.id, this.#digestsOf(device));
    while (changed.size > 0) {
      const ids = [...changed];
      changed.clear();
      const there = new Map((await devices.getAll(ids)).map((device) => [device.id, device]));
      for (const id of ids) {
        const device = there.get(id);
        tell(id, device ? this.#digestsOf(device) : new Set());
      }
    }
  }

  #sentWith(digest: Digest): readonly string[] {
    return [...this.#parts.sessions.allSent()].flatMap(([id, apps]) =>
      apps.some((app) => app.digest === digest) ? [id] : [],
    );
  }

  /** Those of packets that some document means. */
  async #meant<P extends PacketSummary>(packets: readonly P[]): Promise<ReadonlySet<P>> {
    const { documents, targets } = this.#parts;
    const byName = Map.groupBy(packets, ({ name }) => name);
    const meant = new Set<P>();
    const take = (apps: readonly App[]): void => {
      for (const wish of apps)
        for (const packet of byName.get(wish.name) ?? [])
          if (wish.tags.every((tag) => packet.tags.includes(tag))) meant.add(packet);
    };
    const { current } = targets;
    for (const { apps } of current.specs()) take(apps);
    // Many devices have the same of their own.
    for (const { apps } of new Set(Array.from(current.olderOwn(), ({ content }) => content))) take(apps);
    for await (const some of ownDocuments(documents)) for (const { content } of some) take(content.apps);
    return meant;
  }

  /** The packets that a device has, or may have to have while the rollouts go on. */
  #digestsOf(device: KnownDevice): ReadonlySet<Digest> {
    const { target, record } = device;
    const { current } = this.#parts.targets;
    const targets = current.layers.length === 0 ? [target] : current.mixtures(resolvable(device));
    const all = [record.state.apps, ...targets.map((one) => one?.apps ?? [])];
    return new Set(all.flatMap((apps) => apps.map(({ digest }) => digest)));
  }
}
