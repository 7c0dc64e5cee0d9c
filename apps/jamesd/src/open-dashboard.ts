import type { AddressInfo } from "node:net";
import { assetOf } from "@jamesd/dashboard/asset";
import type { Config } from "./config.ts";
import { type AppOptions, makeApp } from "./http/app.ts";
import { Listener } from "./http/listener.ts";
import type { Opened } from "./running/opened.ts";

/** What shows browsers the fleet. */
export interface Dashboard {
  readonly listener: Listener;
  readonly address: AddressInfo;
}

// Nothing but the role of who asks says what they may change.
const SETTINGS = '{"mayWrite":true}';

/**
 * Listens for browsers that have a person's certificate where the configuration says so: the same as on the other
 * address, by the same roles and bounds, and pages. @returns undefined: nowhere @throws JamesError ADDRESS_IN_USE
 */
export async function openDashboard(
  { dashboardAddr }: Config,
  options: AppOptions,
  opened: Opened,
): Promise<Dashboard | undefined> {
  if (dashboardAddr === undefined) return undefined;
  // Few servers have pages to show.
  const { ASSETS } = await import("@jamesd/dashboard/assets");
  const pages = { ...ASSETS, "/dashboard.json": assetOf("application/json", SETTINGS) };
  const listener = opened.add(new Listener(makeApp({ ...options, pages }), "--dashboard-addr"));
  return { listener, address: await listener.listen(dashboardAddr) };
}
