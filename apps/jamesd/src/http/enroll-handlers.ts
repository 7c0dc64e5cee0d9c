import type { Joining } from "../enrollment/joining.ts";
import type { Renewals } from "../enrollment/renewals.ts";
import type { EnrollHandlers } from "./enroll-app.ts";
import { wireJoined } from "./v1/joined.ts";

/** What the routes for joining work on. */
export interface EnrollServices {
  readonly joining: Joining;
  readonly renewals: Renewals;
  /** Who vouches for servers and people, in PEM. */
  readonly authorities: () => string;
}

/** The handlers of the routes for joining. */
export function makeEnrollHandlers({ joining, renewals, authorities }: EnrollServices): EnrollHandlers {
  return {
    getAuthorities: async () => ({ status: 200, body: { authorities: authorities() } }),
    enroll: async ({ body: { request, token }, address, place, time }) =>
      wireJoined(await joining.ask({ request, token, address, place, time }), authorities),
    renewEnded: async ({ body: { request }, peer, address, time }) =>
      wireJoined(await renewals.renewEnded(request, peer, { address, time }), authorities),
  };
}
