import { JamesError } from "@jamesd/model";
import type { Joined, Joining } from "../enrollment/joining.ts";
import type { EnrollAnswer, EnrollHandlers } from "./enroll-app.ts";

/** What the routes for joining work on. */
export interface EnrollServices {
  readonly joining: Joining;
  /** Who vouches for servers and people, in PEM. */
  readonly authorities: () => string;
}

/** The handlers of the routes for joining. */
export function makeEnrollHandlers({ joining, authorities }: EnrollServices): EnrollHandlers {
  return {
    getAuthorities: async () => ({ status: 200, body: { authorities: authorities() } }),
    enroll: async ({ body: { request, token }, address, place, time }) =>
      wireJoined(await joining.ask({ request, token, address, place, time }), authorities),
    renewEnded: async () => {
      throw new JamesError("ROUTE_UNKNOWN", "this server renews no certificates that have ended");
    },
  };
}

function wireJoined(joined: Joined, authorities: () => string): EnrollAnswer<"enroll"> {
  if (joined.state === "waiting") return { status: 202, body: joined };
  const { device, certificate } = joined;
  return { status: 201, body: { device, certificate, authorities: authorities() } };
}
