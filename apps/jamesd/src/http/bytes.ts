import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { bundleOf, bundleSize, type Digest, JamesError, type Packet } from "@jamesd/model";
import type { BlobStore, ByteRange } from "../blobs/blob-store.ts";
import { readBundle } from "../blobs/read-bundle.ts";

/** An answer with its own status and headers: a stream, or bytes or text that are ready to go. */
export class BytesReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Readable | Uint8Array | string | undefined;

  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    content: Readable | Uint8Array | string | undefined,
  ) {
    this.status = status;
    this.headers = headers;
    this.content = content;
  }
}

/** For what is named by its digest: it can be kept for ever (RFC 9111, RFC 8246). */
export const IMMUTABLE = { "cache-control": "public, max-age=31536000, immutable" } as const;

/** For everything else: what is true now may not be so a moment later, and is not for everyone. */
export const UNCACHED = { "cache-control": "no-store" } as const;

/** A noun that is named by its digest, as cacheable JSON. */
export function immutableReply(digest: Digest, value: object, request: IncomingHttpHeaders): BytesReply {
  const etag = `"${digest}"`;
  const headers = { ...IMMUTABLE, etag, "content-type": "application/json; charset=utf-8" };
  if (isKnown(request, etag)) return new BytesReply(304, headers, undefined);
  return new BytesReply(200, headers, JSON.stringify(value));
}

/** True when the asker holds it already: If-None-Match, a list of tags or `*`, compared weakly (RFC 9110, section 13.1.2). */
function isKnown({ "if-none-match": header = "" }: IncomingHttpHeaders, etag: string): boolean {
  return header.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
}

/** Blobs up to this size are read whole: opening a stream for each of thousands costs more than reading them. */
const SMALL_BYTES = 64 * 1024;

/** A blob as a cacheable response. @throws JamesError BLOB_UNKNOWN */
export async function blobReply(
  digest: Digest,
  blobs: BlobStore,
  request: IncomingHttpHeaders,
): Promise<BytesReply> {
  const small = await blobs.readSmall(digest, SMALL_BYTES);
  const compressed = small || !acceptsBrotli(request) ? undefined : await blobs.compressed(digest);
  if (compressed) return rangeReply(`${digest}-br`, compressed.size, request, compressed.open, BROTLI);
  const size = small?.length ?? (await blobs.size(digest));
  if (size === undefined) throw new JamesError("BLOB_UNKNOWN", `there is no blob ${digest}`);
  return rangeReply(
    digest,
    size,
    request,
    async (range) =>
      small ? small.subarray(range?.start, range && range.end + 1) : blobs.open(digest, range),
    small ? {} : VARIES,
  );
}

/** A large blob is given out compressed, as it is stored, to who understands that. */
const VARIES = { vary: "accept-encoding" } as const;
const BROTLI = { ...VARIES, "content-encoding": "br" } as const;

/** True when the asker takes brotli (RFC 9110, section 12.5.3). */
function acceptsBrotli({ "accept-encoding": header = "" }: IncomingHttpHeaders): boolean {
  const br = String(header)
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .find((coding) => /^br(\s*;|$)/.test(coding));
  return br !== undefined && !/;\s*q=0(\.0*)?$/.test(br);
}

/** The bundle of a packet as a cacheable response. */
export function bundleReply(
  { digest, manifest }: Packet,
  blobs: BlobStore,
  request: IncomingHttpHeaders,
): Promise<BytesReply> {
  const bundle = bundleOf(manifest);
  return rangeReply(digest, bundleSize(bundle), request, async (range) =>
    Readable.from(readBundle(bundle, range, blobs), { objectMode: false }),
  );
}

/** Immutable bytes: strong validator, one byte range (RFC 9110, sections 13 and 14). */
async function rangeReply(
  name: string,
  size: number,
  request: IncomingHttpHeaders,
  open: (range: ByteRange | undefined) => Promise<Readable | Uint8Array>,
  more: Readonly<Record<string, string>> = {},
): Promise<BytesReply> {
  const etag = `"${name}"`;
  const headers = {
    ...IMMUTABLE,
    ...more,
    etag,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
  };
  if (isKnown(request, etag)) return new BytesReply(304, headers, undefined);
  const wanted =
    request["if-range"] === undefined || request["if-range"] === etag ? request.range : undefined;
  const range = parseRange(wanted, size);
  if (range === "unsatisfiable")
    // Without the leave to keep it: a cache must not answer every other range with this.
    return new BytesReply(416, { ...UNCACHED, "content-range": `bytes */${size}` }, undefined);
  const length = range ? range.end - range.start + 1 : size;
  const content = await open(range);
  const sized = { ...headers, "content-length": String(length) };
  return range
    ? new BytesReply(206, { ...sized, "content-range": `bytes ${range.start}-${range.end}/${size}` }, content)
    : new BytesReply(200, sized, content);
}

/** Reads a Range header of one range. What is not understood is ignored, as the RFC wants. */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  return start >= size || end < start ? "unsatisfiable" : { start, end };
}
