import type { Client } from "./client.ts";
import type { RouteName } from "./route-types.ts";
import { ROUTES } from "./routes.ts";
import type { Wire } from "./wire.ts";
import { wireOf } from "./wire-of.ts";

/** What a device calls. */
export type DeviceRouteName = {
  [N in RouteName]: "device" extends (typeof ROUTES)[N]["roles"][number] ? N : never;
}[RouteName];

/** The client of a device. */
export type DeviceClient = Client<DeviceRouteName>;

const NAMES = (Object.keys(ROUTES) as RouteName[]).filter((name): name is DeviceRouteName =>
  (ROUTES[name].roles as readonly string[]).includes("device"),
);

/**
 * What a device needs of the protocol. `scripts/build.ts` puts the data in the place of this module, so that an agent has
 * neither the schemas nor zod in its memory.
 */
export const DEVICE_WIRE: Wire<DeviceRouteName> = wireOf(NAMES);
