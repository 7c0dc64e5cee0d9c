import { makePlan, type Plan } from "@jamesd/model";
import type { Catalogue } from "../packets/catalogue.ts";
import { PacketCache } from "../packets/packet-cache.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import { type Device, wishedReinstall } from "./device.ts";
import type { Documents } from "./documents.ts";
import { PathChecks } from "./path-checks.ts";
import type { Target } from "./target.ts";
import { Views } from "./views.ts";

/** What devices should have: by the documents that count, and by others beside them. */
export class Targets {
  readonly catalogue: Catalogue;
  /** What is in packets. */
  readonly packets: PacketCache;
  /** Whether packets of one target exclude each other. */
  readonly paths: PathChecks;
  #current: Views;

  constructor(catalogue: Catalogue, packets: Pick<PacketStore, "get">, documents: Documents) {
    this.catalogue = catalogue;
    this.packets = new PacketCache(packets);
    this.paths = new PathChecks(this.packets);
    this.#current = this.by(documents);
  }

  /** What each device should have, by what counts and the packets that there are. */
  get current(): Views {
    return this.#current;
  }

  /** The newest specs, with what rollouts spread. */
  get documents(): Documents {
    return this.#current.documents;
  }

  /** What each device should have by these documents, without any rollout. */
  by(documents: Documents): Views {
    return new Views(documents, [], { packetsNamed: this.catalogue.named, paths: this.paths });
  }

  /** From now on these count. */
  become(views: Views): void {
    this.#current = views;
  }

  /** The way of a device from what it last reported to a target. */
  plan(device: Device, target: Target): Plan {
    const { record } = device;
    const again = wishedReinstall(device)?.app;
    return makePlan(record?.state.apps ?? [], target.apps, this.#scriptsOf, again);
  }

  readonly #scriptsOf = (digest: string) => this.catalogue.get(digest)?.scripts;
}
