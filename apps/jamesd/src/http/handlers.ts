import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { isDigest, JamesError, parseTagList } from "@jamesd/model";
import type { Identity } from "@jamesd/pki/identity";
import type { ReplyOf, ROUTES, RouteName } from "@jamesd/protocol";
import type { z } from "zod";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Deltas } from "../deltas/deltas.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Uploads } from "../ingest/uploads.ts";
import type { Packets } from "../packets.ts";
import { BytesReply, blobReply, bundleReply, immutableReply } from "./bytes.ts";
import { waitOf } from "./prefer.ts";

type ParsedBody<N extends RouteName> = (typeof ROUTES)[N] extends { body: infer B }
  ? B extends z.ZodType
    ? z.output<B>
    : Readable
  : undefined;

/** One request, validated, and who makes it. */
export interface Call<N extends RouteName> {
  readonly identity: Identity;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: ParsedBody<N>;
  /** Aborts when the other side has gone. */
  readonly signal: AbortSignal;
}

/** One handler for every route of the protocol: a route without one does not compile. */
export type Handlers = { readonly [N in RouteName]: (call: Call<N>) => Promise<ReplyOf<N> | BytesReply> };

/** What the handlers work on. */
export interface Services {
  readonly fleet: Fleet;
  readonly packets: Packets;
  readonly blobs: BlobStore;
  readonly deltas: Deltas;
  readonly uploads: Uploads;
  readonly maxHoldMs: number;
  readonly now: () => number;
}

/** The handlers of the protocol: each only hands on to the service that knows. */
export function makeHandlers({ fleet, packets, blobs, deltas, uploads, maxHoldMs, now }: Services): Handlers {
  return {
    checkin: async ({ identity, body, headers, signal }) =>
      fleet.checkIn(identity.name, body, Math.min(waitOf(headers), maxHoldMs), signal),
    ping: async () => undefined,
    getBlob: async ({ params, headers }) => blobReply(digestParam(params), blobs, headers),
    getPacket: async ({ params, headers }) => {
      const packet = await packets.get(digestParam(params));
      return immutableReply(packet.digest, packet, headers);
    },
    getBundle: async ({ params, headers }) =>
      bundleReply(await packets.get(digestParam(params)), blobs, headers),
    getDelta: async ({ params, query, headers, signal }) =>
      deltas.get(
        digestParam({ digest: query.base ?? "" }),
        digestParam(params),
        Math.min(waitOf(headers), maxHoldMs),
        signal,
      ),
    getArchive: async ({ params }) =>
      new BytesReply(
        200,
        { "content-type": "application/x-tar" },
        await packets.archive(digestParam(params)),
      ),
    listPackets: async ({ query }) => [...packets.list(query.name, parseTagList(query.tags ?? ""))],
    addPacket: async ({ body, identity }) => packets.add(body, identity.name, now()),
    removePacket: async ({ params, query }) =>
      packets.remove(digestParam(params), query.force === "true") as Promise<undefined>,
    getUpload: async ({ params }) => ({ offset: await uploads.offset(digestParam(params)) }),
    putUpload: async ({ params, query, body }) => ({
      // Left open when it is refused half-way: the answer still has to go out on the same socket.
      offset: await uploads.append(
        digestParam(params),
        offsetOf(query.offset),
        body.iterator({ destroyOnReturn: false }),
      ),
    }),
    listDevices: async () => [...fleet.list()],
    getDevice: async ({ params }) => fleet.get(params.id ?? ""),
    retry: async ({ params }) => fleet.retry(params.id ?? ""),
    getDesiredState: async ({ params }) => desiredOf(fleet, params.id ?? ""),
    setDesiredState: async ({ params, body, identity }) =>
      fleet.setDesired({
        id: params.id ?? "",
        apps: body.apps,
        policy: body.policy,
        message: body.message,
        expected: body.revision,
        author: identity.name,
        time: now(),
      }),
  };
}

function digestParam({ digest = "" }: Readonly<Record<string, string>>): string {
  if (isDigest(digest)) return digest;
  throw new JamesError("REQUEST_INVALID", `${JSON.stringify(digest)} is not a digest`, {
    hint: "A digest is a SHA-256 in 64 lower-case hexadecimal digits.",
  });
}

function offsetOf(text = "0"): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("REQUEST_INVALID", `offset=${text} is not a number of bytes`);
}

function desiredOf(fleet: Fleet, id: string): ReplyOf<"getDesiredState"> {
  const { desired } = fleet.get(id);
  if (desired) return desired;
  throw new JamesError("REVISION_UNKNOWN", `${id} has no desired state yet`, {
    hint: "Set one with set-desired-state.",
  });
}
