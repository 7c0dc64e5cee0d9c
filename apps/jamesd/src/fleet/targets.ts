import { makePlan, type Plan, type Step, withRemoval } from "@jamesd/model";
import type { Catalogue } from "../packets/catalogue.ts";
import { PacketCache } from "../packets/packet-cache.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import type { Rollout } from "../repository/rollout-store.ts";
import { type Device, heededPolicy, type KnownDevice, wishedReinstall } from "./device.ts";
import type { Documents } from "./documents.ts";
import type { Layer } from "./layer.ts";
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
  #rollouts: readonly Rollout[] = [];

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

  /** The rollouts that count, as of their newest steps; another list after each step. */
  get rollouts(): readonly Rollout[] {
    return this.#rollouts;
  }

  /** The newest specs, with what rollouts spread. */
  get documents(): Documents {
    return this.#current.documents;
  }

  /** What each device should have by these documents and what layers say. */
  by(documents: Documents, layers: readonly Layer[] = []): Views {
    return new Views(documents, layers, { packetsNamed: this.catalogue.named, paths: this.paths });
  }

  /** From now on these count. @param rollouts left out: those that did */
  become(views: Views, rollouts = this.#rollouts): void {
    this.#current = views;
    this.#rollouts = rollouts;
  }

  /** The way of a device from what it last reported to a target, as it is sent. */
  plan(device: Device, target: Target): Plan {
    const { record } = device;
    const again = wishedReinstall(device)?.app;
    return makePlan(record?.state.apps ?? [], target.apps, this.#scriptsOf, again);
  }

  /** What of that way the device does. */
  steps(device: KnownDevice, target: Target): readonly Step[] {
    return withRemoval(this.plan(device, target), heededPolicy(device, target)).steps;
  }

  readonly #scriptsOf = (digest: string) => this.catalogue.get(digest)?.scripts;
}
