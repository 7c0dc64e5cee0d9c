import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GivenDocument } from "../../apps/jamesd/src/desired/change.ts";
import { Changes } from "../../apps/jamesd/src/desired/changes.ts";
import { Desired } from "../../apps/jamesd/src/desired/desired.ts";
import { type Fleet, loadFleet } from "../../apps/jamesd/src/fleet/fleet.ts";
import { Catalogue } from "../../apps/jamesd/src/packets/catalogue.ts";
import type { Repository } from "../../apps/jamesd/src/repository/repository.ts";
import { Turns } from "../../apps/jamesd/src/running/turns.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { batches, fill, ORIGIN, recordOf, systemtagsOf, VERSIONS } from "../stored.ts";
import { type Took, timeBlocks } from "./block.ts";

const APPS = 10;

/** A fleet that was started. */
export interface Started {
  readonly fleet: Fleet;
  readonly took: Took;
}

/** A database with many devices, none of which is connected. */
export class KnownScene implements AsyncDisposable {
  readonly repository: Repository;
  readonly #dir: string;
  readonly #devices: number;

  private constructor(dir: string, repository: Repository, devices: number) {
    this.#dir = dir;
    this.repository = repository;
    this.#devices = devices;
  }

  static async open(devices: number): Promise<KnownScene> {
    const dir = await mkdtemp(join(tmpdir(), "jamesd-bench-known-"));
    const repository = await openSqliteRepository(join(dir, "jamesd.db"));
    await fill(repository, APPS, devices, (i) =>
      recordOf(`device-${i}`, { systemtags: systemtagsOf(i), apps: [] }),
    );
    return new KnownScene(dir, repository, devices);
  }

  /** Starts the fleet as a server does. */
  async start(): Promise<Started> {
    let fleet: Fleet | undefined;
    const took = await timeBlocks(async () => {
      const catalogue = new Catalogue(await this.repository.packets.all());
      fleet = await loadFleet({
        ...{ catalogue, repository: this.repository, now: Date.now, warn: () => undefined },
      });
    });
    if (!fleet) throw new Error("there is no fleet");
    return { fleet, took };
  }

  /** Gives every device a desired state of its own. */
  async giveOwn(fleet: Fleet): Promise<void> {
    for (const numbers of batches(this.#devices))
      await this.#apply(
        fleet,
        numbers.map((i) => ({
          ...{ kind: "device" as const, id: `device-${i}`, policy: {} },
          apps: [{ name: "app-1", tags: [`v${i % VERSIONS}`] }],
        })),
      );
  }

  /** Changes a spec for every device. */
  changeSpec(fleet: Fleet, version: number): Promise<void> {
    const apps = [{ name: "app-0", tags: [`v${version}`] }];
    return this.#apply(fleet, [{ kind: "spec", id: "all", selector: [], apps, policy: {} }]);
  }

  async #apply(fleet: Fleet, documents: readonly GivenDocument[]): Promise<void> {
    const desired = new Desired(new Changes(fleet, this.repository, new Turns()));
    await desired.apply({ documents, remove: [], prune: false, dryRun: false, message: "" }, ORIGIN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.repository.close();
    await rm(this.#dir, { recursive: true });
  }
}
