import { makePlan, type Plan } from "@jamesd/model";
import type { Catalogue } from "../packets/catalogue.ts";
import { PacketCache } from "../packets/packet-cache.ts";
import type { PacketStore } from "../repository/packet-store.ts";
import { type Device, wishedReinstall } from "./device.ts";
import type { Documents } from "./documents.ts";
import { PathChecks } from "./path-checks.ts";
import { Resolver } from "./resolver.ts";
import type { Target } from "./target.ts";

/** What devices should have: by the documents that count, and by others beside them. */
export class Targets {
  readonly catalogue: Catalogue;
  /** What is in packets. */
  readonly packets: PacketCache;
  /** Whether packets of one target exclude each other. */
  readonly paths: PathChecks;
  #current: Resolver;

  constructor(catalogue: Catalogue, packets: Pick<PacketStore, "get">, documents: Documents) {
    this.catalogue = catalogue;
    this.packets = new PacketCache(packets);
    this.paths = new PathChecks(this.packets);
    this.#current = this.by(documents);
  }

  /** What resolves by the documents that count, and the packets that there are. */
  get current(): Resolver {
    return this.#current;
  }

  /** The desired states and specs that count. */
  get documents(): Documents {
    return this.#current.documents;
  }

  /** What resolves by these documents. */
  by(documents: Documents): Resolver {
    return new Resolver(documents, this.catalogue.named, this.paths);
  }

  /** From now on its documents count. */
  become(resolver: Resolver): void {
    this.#current = resolver;
  }

  /** The way of a device from what it last reported to a target. */
  plan(device: Device, target: Target): Plan {
    const { record } = device;
    const again = wishedReinstall(device)?.app;
    return makePlan(record?.state.apps ?? [], target.apps, this.#scriptsOf, again);
  }

  readonly #scriptsOf = (digest: string) => this.catalogue.get(digest)?.scripts;
}
