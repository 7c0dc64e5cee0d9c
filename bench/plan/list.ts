import type { DeviceFilter } from "../../apps/jamesd/src/fleet/device-filter.ts";
import { DEVICES, type Scene } from "./scene.ts";

const PAGE = 1000;
const ANY: DeviceFilter = {
  tags: [],
  app: undefined,
  appTags: [],
  sync: undefined,
  connected: undefined,
  drifted: undefined,
  seenSince: undefined,
  seenBefore: undefined,
  issuer: undefined,
  expiresBefore: undefined,
  after: "",
  limit: PAGE,
};

/** Milliseconds for a page near the end of the list, of devices that stand as nearly all do. */
export async function listPage({ fleet }: Scene): Promise<number> {
  const started = performance.now();
  const page = await fleet.list.page({ ...ANY, sync: new Set(["pending"]), after: "device-98" });
  if (page.length !== PAGE) throw new Error(`a page of ${page.length}`);
  return performance.now() - started;
}

/** Milliseconds for a filter that has to look at each of the devices, and lets none through. */
export async function listEach({ fleet }: Scene): Promise<number> {
  const started = performance.now();
  const page = await fleet.list.page({ ...ANY, tags: ["linux"], app: "app-of-none", limit: DEVICES });
  if (page.length !== 0) throw new Error(`a page of ${page.length}`);
  return performance.now() - started;
}
