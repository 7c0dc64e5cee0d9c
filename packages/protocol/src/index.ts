export { type Address, DEFAULT_PORT, parseAddress } from "./address.ts";
export { type CallOptions, Client, type ClientOptions, MAX_REPLY_BYTES } from "./client.ts";
export { connectionError } from "./connection-error.ts";
export { openApiDocument } from "./openapi.ts";
export { type BodyOf, type ReplyOf, ROUTES, type Route, type RouteName, type RouteRole } from "./route.ts";
export {
  type AddedPacket,
  type AddPacket,
  type Checkin,
  type CheckinReply,
  type Delta,
  type DesiredChange,
  type Device,
  type DeviceInfo,
  errorSchema,
  type PacketInfo,
  type PacketTags,
  type PlanMessage,
  packetSchema,
  type ScriptRun,
  type SetDesired,
  SYNC_STATUSES,
  type SyncStatus,
  type Transaction,
} from "./schema.ts";
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
  type SpecMessage,
} from "./schema-desired.ts";
export { EVENT_KINDS, type Event, type EventKind } from "./schema-event.ts";
