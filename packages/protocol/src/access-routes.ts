import { OPERATORS, READERS } from "./callers.ts";
import type { Route } from "./route.ts";
import {
  addCertificateSchema,
  addedCertificateSchema,
  approveSchema,
  enrollmentSchema,
  enrollTokenSchema,
  madeTokenSchema,
  makeTokenSchema,
  rejectSchema,
} from "./schema-joining.ts";
import { revocationSchema, revokeSchema, unrevokeSchema } from "./schema-revocation.ts";

/** Who is locked out, and who is let in. */
export const ACCESS_ROUTES = {
  revoke: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/revocations",
    summary:
      "Lock out a certificate, or all of a name: connections end, whatever was held or resumed; answers what is new",
    body: revokeSchema,
    reply: revocationSchema.array(),
  },
  unrevoke: {
    ...OPERATORS,
    method: "POST",
    path: "/v1/revocations/lift",
    summary: "Let in again; answers who was locked out",
    body: unrevokeSchema,
    reply: revocationSchema.array(),
  },
  listRevoked: {
    method: "GET",
    path: "/v1/revocations",
    roles: READERS,
    summary: "Who is locked out, in the order in which that was done",
    reply: revocationSchema.array(),
  },
  makeEnrollToken: {
    method: "POST",
    path: "/v1/enroll-tokens",
    roles: ["operator"],
    summary: "Make a token by which devices join; its secret is in this answer and nowhere else",
    body: makeTokenSchema,
    reply: madeTokenSchema,
  },
  listEnrollTokens: {
    method: "GET",
    path: "/v1/enroll-tokens",
    roles: READERS,
    summary: "The tokens, with when they were used last; those that ended a month ago are forgotten",
    reply: enrollTokenSchema.array(),
  },
  revokeEnrollToken: {
    method: "DELETE",
    path: "/v1/enroll-tokens/:token",
    roles: ["operator"],
    summary: "Take back a token; who has joined by it stays",
    reply: enrollTokenSchema,
  },
  listEnrollments: {
    method: "GET",
    path: "/v1/enrollments",
    roles: READERS,
    summary: "Who wants to join or is expected, and has no certificate yet, oldest first",
    reply: enrollmentSchema.array(),
  },
  approveEnrollment: {
    method: "POST",
    path: "/v1/enrollments/approve",
    roles: ["operator"],
    summary: "Let somebody in who waits or, as `expected`, has not asked yet",
    body: approveSchema,
    reply: enrollmentSchema,
  },
  rejectEnrollment: {
    method: "POST",
    path: "/v1/enrollments/reject",
    roles: ["operator"],
    summary: "Refuse somebody for a week",
    body: rejectSchema,
    reply: enrollmentSchema,
  },
  addCertificate: {
    method: "POST",
    path: "/v1/certificates",
    roles: ["operator"],
    summary: "Hand over a certificate that the device CA signed elsewhere, of who asked for it",
    body: addCertificateSchema,
    reply: addedCertificateSchema,
  },
} as const satisfies Record<string, Route>;
