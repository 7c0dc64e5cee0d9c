import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceState } from "@jamesd/model";
import type { GivenDocument } from "../../apps/jamesd/src/desired/change.ts";
import { Changes } from "../../apps/jamesd/src/desired/changes.ts";
import { Desired } from "../../apps/jamesd/src/desired/desired.ts";
import { type Fleet, loadFleet } from "../../apps/jamesd/src/fleet/fleet.ts";
import { Catalogue } from "../../apps/jamesd/src/packets/catalogue.ts";
import type { Repository } from "../../apps/jamesd/src/repository/repository.ts";
import { Turns } from "../../apps/jamesd/src/running/turns.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { packetOf, recordOf, VERSIONS } from "../stored.ts";
import { type Took, timeBlocks } from "./block.ts";

const AT_ONCE = 20_000;
const APPS = 10;
const ORIGIN = { author: "bench", address: "127.0.0.1", time: 1 };
/** Of these three kinds every device has one tag. */
const KINDS = [
  ["arch", 4],
  ["libc", 5],
  ["site", 91],
] as const;

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
    for (let i = 0; i < APPS * VERSIONS; i += 1) await repository.packets.add(packetOf(i), ORIGIN);
    for (let from = 0; from < devices; from += AT_ONCE)
      await repository.devices.save(
        numbers(from, devices).map((i) => recordOf(`device-${i}`, state(i))),
        [],
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
    for (let from = 0; from < this.#devices; from += AT_ONCE)
      await this.#apply(
        fleet,
        numbers(from, this.#devices).map((i) => ({
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

/** At most so many numbers as are written at once. */
function numbers(from: number, end: number): readonly number[] {
  return Array.from({ length: Math.min(AT_ONCE, end - from) }, (_, i) => from + i);
}

function state(i: number): DeviceState {
  return { systemtags: KINDS.map(([kind, count]) => `${kind}-${i % count}`), apps: [] };
}
