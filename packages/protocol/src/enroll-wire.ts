import type { Client } from "./client.ts";
import { ENROLL_ROUTES } from "./enroll-routes.ts";
import type { EnrollRouteName } from "./route-types.ts";
import type { Wire } from "./wire.ts";
import { wireFrom } from "./wire-of.ts";

/** The client of a device that joins. */
export type EnrollClient = Client<EnrollRouteName>;

/** What a device that joins needs of the protocol; `scripts/bundle.ts` puts the data in the place of this module. */
export const ENROLL_WIRE: Wire<EnrollRouteName> = wireFrom(ENROLL_ROUTES);
