// biome-ignore-all lint/style/noExcessiveLinesPerFile: a table
import { ROLES } from "@jamesd/model";
import type { Route } from "./route.ts";
import { checkinSchema, readCheckinReplySchema } from "./schema-checkin.ts";
import {
  appliedSchema,
  applySchema,
  blameSchema,
  changesSchema,
  devicePlanSchema,
  explanationSchema,
  packetImpactSchema,
  revertSchema,
  revisionSchema,
  specSchema,
  tagDeviceSchema,
  taggedSchema,
} from "./schema-desired.ts";
import {
  adoptedSchema,
  adoptSchema,
  desiredChangeSchema,
  desiredStateSchema,
  deviceInfoSchema,
  deviceSchema,
  goneSchema,
  goSchema,
  reinstallSchema,
  reinstallWishSchema,
  retrySchema,
  setDesiredSchema,
  verifySchema,
} from "./schema-device.ts";
import { certificateReplySchema, MAX_CERTIFICATES_REPLY, signingRequestSchema } from "./schema-enrollment.ts";
import { eventSchema, laterEventSchema } from "./schema-event.ts";
import {
  addedPacketSchema,
  addPacketSchema,
  deltaSchema,
  packetInfoSchema,
  packetSchema,
  pathPageSchema,
  uploadSchema,
  wholeBundleSchema,
} from "./schema-packet.ts";
import { revocationSchema, revokeSchema, unrevokeSchema } from "./schema-revocation.ts";
import { aboutSchema } from "./schema-server.ts";

const READERS = ["operator", "viewer"] as const;

/** A plan of as many apps and tags as a state may have, with all of their scripts. */
const MAX_PLAN_BYTES = 32 * 1024 * 1024;
/** A digest and a size. */
const MAX_CONTENT_BYTES = 1024;

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
  getBlob: {
    method: "GET",
    path: "/v1/blobs/:digest",
    roles: ROLES,
    summary: "A file's content; immutable, with Range (RFC 9110, section 14)",
    reply: "bytes",
  },
  getPacket: {
    method: "GET",
    path: "/v1/packets/:digest",
    roles: ROLES,
    summary: "A packet with its manifest; immutable",
    reply: packetSchema,
    format: "packet",
  },
  getBundle: {
    method: "GET",
    path: "/v1/packets/:digest/bundle",
    roles: ROLES,
    summary: "The contents of at most 64 KiB of a packet in one stream; immutable, with Range",
    reply: "bytes",
  },
  getWholeBundle: {
    method: "GET",
    path: "/v1/packets/:digest/whole-bundle",
    roles: ROLES,
    summary:
      "The blob that the whole bundle of a packet is, stored compressed; with `Prefer: wait=N` it is waited for while it is made; 204 when there is none",
    reply: wholeBundleSchema,
    format: "bundle",
    mayBeEmpty: true,
    maxReply: MAX_CONTENT_BYTES,
  },
  getDelta: {
    method: "GET",
    path: "/v1/packets/:digest/delta",
    roles: ROLES,
    summary:
      "The delta that turns the packet `base` into this one; with `Prefer: wait=N` it is waited for while it is made; 204 when there is none",
    query: ["base"],
    reply: deltaSchema,
    format: "delta",
    mayBeEmpty: true,
    maxReply: MAX_CONTENT_BYTES,
  },
  getArchive: {
    method: "GET",
    path: "/v1/packets/:digest/archive",
    roles: READERS,
    summary: "The packet's files as a tar equivalent to the one uploaded",
    reply: "bytes",
  },
  listPackets: {
    method: "GET",
    path: "/v1/packets",
    roles: READERS,
    summary:
      "Packets, newest first; `name` and `tags` (comma-separated, all must be there) filter, and with `unneeded=true` only those that no device has, gets or should have, and no document means",
    query: ["name", "tags", "unneeded"],
    reply: packetInfoSchema.array(),
  },
  findPath: {
    method: "GET",
    path: "/v1/paths",
    roles: READERS,
    summary:
      "The packets that have `path`, oldest first, of those that came after the sequence `after`, or that a `device` has; a page looks into so many packets, and may be empty",
    query: ["path", "device", "after"],
    reply: pathPageSchema,
  },
  addPacket: {
    method: "POST",
    path: "/v1/packets",
    roles: ["operator"],
    summary: "Make a packet of an uploaded archive, scripts and tags",
    body: addPacketSchema,
    reply: addedPacketSchema,
  },
  removePacket: {
    method: "DELETE",
    path: "/v1/packets/:digest",
    roles: ["operator"],
    summary: "Delete a packet; refused while a desired state or a device needs it, unless `force=true`",
    query: ["force"],
  },
  getUpload: {
    method: "GET",
    path: "/v1/uploads/:digest",
    roles: ["operator"],
    summary: "How much of the archive with this SHA-256 the server holds",
    reply: uploadSchema,
  },
  putUpload: {
    method: "PUT",
    path: "/v1/uploads/:digest",
    roles: ["operator"],
    summary: "Append bytes of an archive at `offset`, which must be what the server holds",
    query: ["offset"],
    body: "bytes",
    reply: uploadSchema,
  },
  listDevices: {
    method: "GET",
    path: "/v1/devices",
    roles: READERS,
    summary:
      "Devices by id: those after the id `after`, at most `limit` (1,000 unless told, 10,000 at most); `tags`, `app` with `appTags`, `sync`, `connected`, `drift`, `seenSince` and `seenBefore` filter",
    query: [
      "tags",
      "app",
      "appTags",
      "sync",
      "connected",
      "drift",
      "seenSince",
      "seenBefore",
      "after",
      "limit",
    ],
    reply: deviceInfoSchema.array(),
  },
  getDevice: {
    method: "GET",
    path: "/v1/devices/:id",
    roles: READERS,
    summary: "A device: state, desired state, last transaction",
    reply: deviceSchema,
  },
  removeDevice: {
    method: "DELETE",
    path: "/v1/devices/:id",
    roles: ["operator"],
    summary:
      "Forget a device; refused while it is connected or has a desired state of its own, unless `force=true`",
    query: ["force"],
  },
  revoke: {
    method: "POST",
    path: "/v1/revocations",
    roles: ["operator"],
    summary:
      "Lock out a certificate, or all of a name: connections end, whatever was held or resumed; answers what is new",
    body: revokeSchema,
    reply: revocationSchema.array(),
  },
  unrevoke: {
    method: "POST",
    path: "/v1/revocations/lift",
    roles: ["operator"],
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
  retry: {
    method: "POST",
    path: "/v1/devices/:id/retry",
    roles: ["operator"],
    summary: "Have a device try again at once what failed, instead of after its pause",
    reply: retrySchema,
  },
  go: {
    method: "POST",
    path: "/v1/devices/:id/go",
    roles: ["operator"],
    summary: "Have a device begin now with what it should have, whatever its maintenance windows",
    body: goSchema,
    reply: goneSchema,
  },
  verify: {
    method: "POST",
    path: "/v1/devices/:id/verify",
    roles: ["operator"],
    summary: "Have a device look at once whether the contents of all files are what its packets have",
    reply: verifySchema,
  },
  reinstall: {
    method: "POST",
    path: "/v1/devices/:id/reinstall",
    roles: ["operator"],
    summary: "Have a device install an app again that it has, though nothing differs",
    body: reinstallSchema,
    reply: reinstallWishSchema,
  },
  tagDevice: {
    method: "POST",
    path: "/v1/devices/:id/tags",
    roles: ["operator"],
    summary: "Give a device tags, or take away such; with `dryRun` only say what it means",
    body: tagDeviceSchema,
    reply: taggedSchema,
  },
  adoptState: {
    method: "POST",
    path: "/v1/adoptions",
    roles: ["operator"],
    summary:
      "Decide for devices that are halted, in one revision: what they have is their desired state, or they get what is wanted for them",
    body: adoptSchema,
    reply: adoptedSchema,
  },
  getDesiredState: {
    method: "GET",
    path: "/v1/devices/:id/desired",
    roles: READERS,
    summary: "The desired state that a device has of its own, now or at `revision`",
    query: ["revision"],
    reply: desiredStateSchema,
  },
  setDesiredState: {
    method: "PUT",
    path: "/v1/devices/:id/desired",
    roles: ["operator"],
    summary: "Set what a device should have; makes a revision when it differs from the current one",
    body: setDesiredSchema,
    reply: desiredChangeSchema,
  },
  getPlan: {
    method: "GET",
    path: "/v1/devices/:id/plan",
    roles: READERS,
    summary: "What a device would do now, in order, and how much it would fetch",
    reply: devicePlanSchema,
  },
  explain: {
    method: "GET",
    path: "/v1/devices/:id/explain",
    roles: READERS,
    summary:
      "Every packet `name` with the tags that it lacks on this device; with `tags`, as if the app had these",
    query: ["name", "tags"],
    reply: explanationSchema,
  },
  listSpecs: {
    method: "GET",
    path: "/v1/specs",
    roles: READERS,
    summary: "Every spec, by id",
    reply: specSchema.array(),
  },
  getSpec: {
    method: "GET",
    path: "/v1/specs/:id",
    roles: READERS,
    summary: "A spec, now or at `revision`",
    query: ["revision"],
    reply: specSchema,
  },
  apply: {
    method: "POST",
    path: "/v1/revisions",
    roles: ["operator"],
    summary:
      "Change specs and desired states together, as one revision; with `dryRun` only say what it means",
    body: applySchema,
    reply: appliedSchema,
  },
  revert: {
    method: "POST",
    path: "/v1/revisions/revert",
    roles: ["operator"],
    summary: "Make everything, or one document, as it was at a revision, as a new revision",
    body: revertSchema,
    reply: appliedSchema,
  },
  listRevisions: {
    method: "GET",
    path: "/v1/revisions",
    roles: READERS,
    summary:
      "Revisions, newest first: at most `limit`, with numbers below `before`, that changed the document `kind` and `id`, by `author`, made at the time `since` or later",
    query: ["kind", "id", "before", "author", "since", "limit"],
    reply: revisionSchema.array(),
  },
  getChanges: {
    method: "GET",
    path: "/v1/changes",
    roles: READERS,
    summary:
      "The documents that differ between the revisions `from` and `to` (left out: the one before, and the newest)",
    query: ["from", "to", "kind", "id"],
    reply: changesSchema,
  },
  getBlame: {
    method: "GET",
    path: "/v1/blame",
    roles: READERS,
    summary:
      "Which revision brought each app of the document `kind` and `id`; of a device, also those of specs",
    query: ["kind", "id"],
    reply: blameSchema,
  },
  getImpact: {
    method: "GET",
    path: "/v1/impact",
    roles: READERS,
    summary: "What it would mean to add a packet `name` with `tags`, or to `remove` the one of that digest",
    query: ["name", "tags", "remove"],
    reply: packetImpactSchema,
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
