import type { RouteName } from "./route-types.ts";
import { ROUTES } from "./routes.ts";
import type { Wire } from "./wire.ts";
import { wireOf } from "./wire-of.ts";

/** What an operator's program calls. `scripts/bundle.ts` puts the data in the place of this module. */
export const WIRE: Wire<RouteName> = wireOf(Object.keys(ROUTES) as RouteName[]);
