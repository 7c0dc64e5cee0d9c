import { ROLES } from "@jamesd/model";
import { ACCESS_ROUTES } from "./access-routes.ts";
import { READERS } from "./callers.ts";
import { DEVICE_ROUTES, DEVICE_WISH_ROUTES } from "./device-routes.ts";
import { DOCUMENT_ROUTES, HISTORY_ROUTES } from "./document-routes.ts";
import { PACKET_ROUTES } from "./packet-routes.ts";
import { ROLLOUT_ROUTES } from "./rollout-routes.ts";
import type { Route } from "./route.ts";
import { checkinSchema, readCheckinReplySchema } from "./schema-checkin.ts";
import { certificateReplySchema, MAX_CERTIFICATES_REPLY, signingRequestSchema } from "./schema-enrollment.ts";
import { eventSchema, laterEventSchema } from "./schema-event.ts";
import { aboutSchema } from "./schema-server.ts";
import { deviceColumnsSchema, MAX_COLUMNS, summarySchema } from "./schema-summary.ts";

/** A plan of as many apps and tags as a state may have, with all of their scripts. */
const MAX_PLAN_BYTES = 32 * 1024 * 1024;

/** Every operation that needs a certificate, in the order in which the protocol is described. */
export const ROUTES = {
  checkin: {
    method: "POST",
    path: "/v1/checkin",
    roles: ["device"],
    summary:
      "Report the state and ask what to do; with `Prefer: wait=N` (RFC 7240) the answer may be held for N seconds",
    body: checkinSchema,
    reply: readCheckinReplySchema,
    mayBeEmpty: true,
    maxReply: MAX_PLAN_BYTES,
  },
  ping: {
    method: "GET",
    path: "/v1/ping",
    roles: ROLES,
    summary: "204: the server is there and knows the certificate",
  },
  about: {
    method: "GET",
    path: "/v1/about",
    roles: ROLES,
    summary: "The server's version and formats, and whom it takes the certificate's holder for",
    reply: aboutSchema,
  },
  renewCertificate: {
    method: "POST",
    path: "/v1/certificate",
    roles: ["device"],
    summary:
      "Another certificate of the same name for a new key: 201, or 202 as long as it is not signed; the one that asks counts until the first check-in with the other",
    body: signingRequestSchema,
    reply: certificateReplySchema,
    maxReply: MAX_CERTIFICATES_REPLY,
  },
  ...PACKET_ROUTES,
  ...DEVICE_ROUTES,
  ...ACCESS_ROUTES,
  ...DEVICE_WISH_ROUTES,
  ...DOCUMENT_ROUTES,
  ...ROLLOUT_ROUTES,
  ...HISTORY_ROUTES,
  getSummary: {
    method: "GET",
    path: "/v1/summary",
    roles: READERS,
    summary:
      "How the fleet is as a whole, with an `ETag`; with `If-None-Match` and `Prefer: wait=N` something else is waited for",
    reply: summarySchema,
  },
  getDeviceColumns: {
    method: "GET",
    path: "/v1/device-columns",
    roles: READERS,
    summary: `Devices as columns of what lists are sorted and filtered by, by id: the first \`limit\` (${MAX_COLUMNS} at most) that come after the id \`after\``,
    query: ["after", "limit"],
    reply: deviceColumnsSchema,
  },
  listEvents: {
    method: "GET",
    path: "/v1/events",
    roles: READERS,
    summary:
      "What happened, oldest first: the first `limit`, or the `last` so many (1,000 at most; fewer when they are long), of sequences `after` and `before`, times `since` and `until`, these `kinds`; of a `device`, with the revisions that concern it. With `Prefer: wait=N` the first of them is waited for; an empty page is the end",
    query: ["device", "kinds", "since", "until", "after", "before", "limit", "last"],
    reply: eventSchema.or(laterEventSchema).array(),
  },
} as const satisfies Record<string, Route>;
