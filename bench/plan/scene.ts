import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceState } from "@jamesd/model";
import type { GivenDocument } from "../../apps/jamesd/src/desired/change.ts";
import { Changes } from "../../apps/jamesd/src/desired/changes.ts";
import { Desired } from "../../apps/jamesd/src/desired/desired.ts";
import { type Fleet, loadFleet } from "../../apps/jamesd/src/fleet/fleet.ts";
import { Catalogue } from "../../apps/jamesd/src/packets/catalogue.ts";
import { Turns } from "../../apps/jamesd/src/running/turns.ts";
import { openSqliteRepository } from "../../apps/jamesd/src/sqlite/open.ts";
import { ORIGIN, packetOf, recordOf, SITES, systemtagsOf, TAGS } from "../stored.ts";

export const PACKETS = 100_000;
export const DEVICES = 100_000;
export const SPECS = 100;

const APPS_OF_A_SPEC = 2;

type Documents = readonly GivenDocument[];

/** A server's fleet on a real database, with nobody connected. */
export interface Scene extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly desired: Desired;
  /** How long the server takes to read all that, in milliseconds. */
  readonly loadMs: number;
}

/** The specs, one for each tag, all of whose apps have a version; each device is chosen by three of them. */
export function specsOf(version: number): Documents {
  return TAGS.map((tag, i) => ({
    kind: "spec" as const,
    id: `spec-${tag}`,
    selector: [tag],
    apps: Array.from({ length: APPS_OF_A_SPEC }, (_, k) => wish(i * APPS_OF_A_SPEC + k, version)),
    policy: {},
  }));
}

/** A spec for every device, with an app that no other spec has. */
export function specForAll(version: number): GivenDocument {
  const number = SPECS * APPS_OF_A_SPEC;
  return { kind: "spec", id: "all", selector: [], apps: [wish(number, version)], policy: {} };
}

/** The spec of the first site, whose apps have a version. */
export function specForSite(version: number): GivenDocument {
  const spec = specsOf(version).find(({ id }) => id === "spec-site-0");
  if (!spec) throw new Error("there is no site");
  return spec;
}

/** A desired state of its own for every device. */
export function ownStates(): Documents {
  return Array.from({ length: DEVICES }, (_, i) => ({
    kind: "device" as const,
    id: `device-${i}`,
    apps: [ownWish(0)],
    policy: {},
  }));
}

/** Milliseconds for another desired state of one device. */
export async function timeSet({ desired }: Scene, version: number): Promise<number> {
  const started = performance.now();
  await desired.set({
    ...{ id: `device-${version}`, apps: [ownWish(version)], expected: undefined, message: "" },
    ...ORIGIN,
  });
  return performance.now() - started;
}

/** The devices of the first site among the first so many. */
export function siteDevices(most: number): readonly string[] {
  return Array.from({ length: most }, (_, i) => i)
    .filter((i) => i % SITES === 0)
    .map((i) => `device-${i}`);
}

/** Applies and gives the milliseconds until the answer. */
export async function timeApply(scene: Scene, documents: Documents, dryRun: boolean): Promise<number> {
  const started = performance.now();
  await scene.desired.apply({ documents, remove: [], prune: false, dryRun, message: "" }, ORIGIN);
  return performance.now() - started;
}

/** Fills a database and starts the fleet from it. */
export async function openScene(): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), "jamesd-bench-plan-"));
  const repository = await openSqliteRepository(join(dir, "jamesd.db"));
  for (let i = 0; i < PACKETS; i += 1) await repository.packets.add(packetOf(i), ORIGIN);
  const records = Array.from({ length: DEVICES }, (_, i) => recordOf(`device-${i}`, state(i)));
  await repository.devices.save(records, []);
  const started = performance.now();
  const catalogue = new Catalogue(await repository.packets.all());
  const fleet = await loadFleet({ catalogue, repository, now: Date.now, warn: () => undefined });
  const loadMs = performance.now() - started;
  return {
    fleet,
    desired: new Desired(new Changes(fleet, repository, new Turns())),
    loadMs,
    async [Symbol.asyncDispose]() {
      await fleet.close();
      await repository.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** An app that no spec wants. */
function ownWish(version: number) {
  return wish(SPECS * APPS_OF_A_SPEC + 1, version);
}

function wish(app: number, version: number) {
  return { name: `app-${app}`, tags: [`v${version}`] };
}

function state(i: number): DeviceState {
  return { systemtags: ["linux", "systemd", ...systemtagsOf(i)], apps: [] };
}
