import { ROLES } from "@jamesd/model";
import { OPERATORS, READERS } from "./callers.ts";
import type { Route } from "./route.ts";
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

/** A digest and a size. */
const MAX_CONTENT_BYTES = 1024;

/** Packets, their contents, and archives that become some. */
export const PACKET_ROUTES = {
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
    ...OPERATORS,
    method: "POST",
    path: "/v1/packets",
    summary: "Make a packet of an uploaded archive, scripts and tags",
    body: addPacketSchema,
    reply: addedPacketSchema,
  },
  removePacket: {
    ...OPERATORS,
    method: "DELETE",
    path: "/v1/packets/:digest",
    summary: "Delete a packet; refused while a desired state or a device needs it, unless `force=true`",
    query: ["force", "now"],
  },
  getUpload: {
    method: "GET",
    path: "/v1/uploads/:digest",
    roles: ["operator"],
    summary: "How much of the archive with this SHA-256 the server holds",
    reply: uploadSchema,
  },
  putUpload: {
    ...OPERATORS,
    method: "PUT",
    path: "/v1/uploads/:digest",
    summary: "Append bytes of an archive at `offset`, which must be what the server holds",
    query: ["offset"],
    body: "bytes",
    reply: uploadSchema,
  },
} as const satisfies Record<string, Route>;
