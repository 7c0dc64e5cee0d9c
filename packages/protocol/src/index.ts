export { type Address, DEFAULT_ENROLL_PORT, DEFAULT_PORT, parseAddress } from "./address.ts";
export { type CallOptions, Client, type ClientOptions } from "./client.ts";
export { connectionError } from "./connection-error.ts";
export { ENROLL_ROUTES } from "./enroll-routes.ts";
export { EVENT_KINDS, type EventKind } from "./event-kinds.ts";
export { GatheredBytes } from "./gathered-bytes.ts";
export { openApiDocument } from "./openapi.ts";
export { parseInSteps } from "./parse-in-steps.ts";
export { MAX_REPLY_BYTES } from "./read-reply.ts";
export { ROLLOUT_ROUTES } from "./rollout-routes.ts";
export type { Route } from "./route.ts";
export type { BodyOf, EnrollRouteName, ReplyOf, RouteName } from "./route-types.ts";
export { ROUTES } from "./routes.ts";
export { safeParse } from "./safe-parse.ts";
export { appSchema, errorSchema, policySchema, windowsSchema } from "./schema.ts";
export {
  type AnyPlan,
  type Checkin,
  type CheckinReply,
  type Followed,
  type PacketTags,
  type PlanMessage,
  type Preparing,
  type ReadCheckinReply,
  type ScriptRun,
  type ShownTransaction,
  TRANSACTION_OUTCOMES,
  type Transaction,
  type Waiting,
} from "./schema-checkin.ts";
export {
  type Applied,
  type Apply,
  type Blame,
  type Changes,
  type DevicePlan,
  type Explanation,
  type Impact,
  MAX_DOCUMENTS,
  type PacketImpact,
  type Revert,
  type RevisionMessage,
  specDocumentSchema,
  type Tagged,
} from "./schema-desired.ts";
export type {
  Adopt,
  Adopted,
  DesiredChange,
  Device,
  DeviceInfo,
} from "./schema-device.ts";
export type { Drift } from "./schema-drift.ts";
export type { CertificateReply, Issued } from "./schema-enrollment.ts";
export type { Event, ShownEvent } from "./schema-event.ts";
export type { Enrollment, EnrollToken, MadeEnrollToken } from "./schema-joining.ts";
export {
  type AddedPacket,
  type AddPacket,
  type Delta,
  type PacketInfo,
  type PathPage,
  packetSchema,
} from "./schema-packet.ts";
export type { LockedOut, Revocation } from "./schema-revocation.ts";
export type {
  Rollout,
  RolloutChoice,
  RolloutCounts,
  RolloutDevice,
  RolloutInfo,
  RolloutPacket,
  RolloutPlan,
  RolloutStanding,
  WaitingFor,
} from "./schema-rollout.ts";
export type { About } from "./schema-server.ts";
export { type DeviceColumns, MAX_COLUMNS, type Summary } from "./schema-summary.ts";
export { STATUS_OF_CLASS } from "./status.ts";
export { SYNC_STATUSES, type SyncStatus } from "./sync-status.ts";
export { TLS } from "./tls.ts";
