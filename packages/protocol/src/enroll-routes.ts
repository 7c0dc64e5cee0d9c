import type { Route } from "./route.ts";
import {
  authoritiesSchema,
  certificateReplySchema,
  enrollSchema,
  MAX_CERTIFICATES_REPLY,
  signingRequestSchema,
} from "./schema-enrollment.ts";

/**
 * What the listener for joining offers, to whom has no certificate that counts. `roles` says whom it is for, not who may:
 * who it is these routes find out by themselves.
 */
export const ENROLL_ROUTES = {
  getAuthorities: {
    method: "GET",
    path: "/v1/authorities",
    roles: ["device"],
    summary: "Who vouches for the server",
    reply: authoritiesSchema,
    maxReply: MAX_CERTIFICATES_REPLY,
  },
  enroll: {
    method: "POST",
    path: "/v1/enrollments",
    roles: ["device"],
    summary: "Ask for the first certificate: 201 with it, or 202 as long as nobody has decided",
    body: enrollSchema,
    reply: certificateReplySchema,
    maxReply: MAX_CERTIFICATES_REPLY,
  },
  renewEnded: {
    method: "POST",
    path: "/v1/renewals",
    roles: ["device"],
    summary:
      "Ask for another certificate with one that has ended, which the connection is made with: 201, or 202 as long as nobody has decided",
    body: signingRequestSchema,
    reply: certificateReplySchema,
    maxReply: MAX_CERTIFICATES_REPLY,
  },
} as const satisfies Record<string, Route>;
