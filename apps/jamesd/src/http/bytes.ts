import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { type BundledBlob, bundleSize, type Digest, JamesError } from "@jamesd/model";
import type { BlobStore, ByteRange, CompressedBlob, DeviceForm } from "../blobs/blob-store.ts";
import { DEVICE_FORMS } from "../blobs/device-forms.ts";
import { readBundle } from "../blobs/read-bundle.ts";
import type { Recompression } from "../blobs/recompression.ts";
import type { PacketTexts } from "../packets/packet-texts.ts";
import { isKnown, notModified } from "./conditional.ts";
import { IMMUTABLE, JSON_TYPE, Reply, UNCACHED } from "./reply.ts";

/** A packet as cacheable JSON. @throws JamesError SERVER_BUSY, STORE_CORRUPT */
export async function packetReply(digest: Digest, texts: PacketTexts): Promise<Reply> {
  const { bytes, release } = await texts.use(digest);
  const headers = { ...IMMUTABLE, ...JSON_TYPE, etag: `"${digest}"` };
  return new Reply(200, headers, bytes, release);
}

/** Blobs up to this size are read whole: opening a stream for each of thousands costs more than reading them. */
const SMALL_BYTES = 64 * 1024;

/** Where blobs are, and what compresses those that came in a hurry. */
export interface BlobSource {
  readonly blobs: BlobStore;
  readonly recompression: Pick<Recompression, "has" | "soon">;
}

/**
 * A blob as a cacheable response. Who takes zstd or brotli waits for it: of one content there is one such form of each,
 * with one ETag, from the first time that it is given out, so that parts which were fetched at any time fit together.
 * @throws JamesError BLOB_UNKNOWN, BLOB_DAMAGED
 */
export async function blobReply(
  digest: Digest,
  source: BlobSource,
  request: IncomingHttpHeaders,
): Promise<Reply> {
  const { blobs, recompression } = source;
  const forms = acceptedForms(request);
  const names = [digest, ...forms.map((form) => `${digest}-${CODINGS[form]}`)];
  const known = notModified(request, names, VARIES);
  if (known) return known;
  const small = await blobs.readSmall(digest, SMALL_BYTES);
  if (small) return rangeReply(digest, small.length, request, async (range) => partOf(small, range));
  const compressed = await compressedIn(forms, digest, source);
  if (compressed) return compressedReply(digest, compressed, request);
  const size = await blobs.size(digest);
  if (size === undefined) throw new JamesError("BLOB_UNKNOWN", `there is no blob ${digest}`);
  const isPacked = recompression.has(digest) || (await blobs.compressed(digest)) !== undefined;
  const most = isPacked ? MAX_SKIPPED_BYTES : Number.POSITIVE_INFINITY;
  return rangeReply(digest, size, request, (range) => blobs.open(digest, range), VARIES, most);
}

function partOf(bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  return bytes.subarray(range?.start, range && range.end + 1);
}

/**
 * What comes before a range of a content that is stored compressed is decompressed for nothing. So much of it, and as
 * much as the range is long, is worth it; a range further behind gets the whole, which a server may give at any time
 * (RFC 9110, section 14.2).
 */
const MAX_SKIPPED_BYTES = 4 * 1024 * 1024;

/** A large blob is given out compressed, as it is stored, to who understands that. */
const VARIES = { vary: "accept-encoding" } as const;

/** The names of the forms as codings of contents. */
const CODINGS = { zstd: "zstd", brotli: "br" } as const;

/** The forms that the asker takes (RFC 9110, section 12.5.3). */
function acceptedForms({ "accept-encoding": header = "" }: IncomingHttpHeaders): readonly DeviceForm[] {
  const codings = String(header)
    .split(",")
    .map((coding) =>
      coding
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    );
  const takes = (name: string): boolean =>
    codings.some(([coding, quality = ""]) => coding === name && !/^q=0(\.0*)?$/.test(quality));
  return DEVICE_FORMS.filter((form) => takes(CODINGS[form]));
}

/** A blob in one of these forms; waits for what is not there yet. */
async function compressedIn(
  forms: readonly DeviceForm[],
  digest: Digest,
  { blobs, recompression }: BlobSource,
): Promise<CompressedBlob | undefined> {
  if (forms.length === 0) return undefined;
  if (forms.includes("zstd")) await recompression.soon(digest);
  const found = await blobs.compressed(digest, forms);
  if (found || forms.includes("zstd")) return found;
  await recompression.soon(digest, "brotli");
  return await blobs.compressed(digest, forms);
}

function compressedReply(
  digest: Digest,
  { form, size, open }: CompressedBlob,
  request: IncomingHttpHeaders,
): Reply {
  const coding = CODINGS[form];
  return rangeReply(`${digest}-${coding}`, size, request, open, { ...VARIES, "content-encoding": coding });
}

/** The bundle of a packet as a cacheable response. */
export function bundleReply(
  digest: Digest,
  bundle: readonly BundledBlob[],
  blobs: BlobStore,
  request: IncomingHttpHeaders,
): Reply {
  return rangeReply(digest, bundleSize(bundle), request, async (range) =>
    Readable.from(readBundle(bundle, range, blobs), { objectMode: false }),
  );
}

/** Immutable bytes: strong validator, one byte range (RFC 9110, sections 13 and 14), with at most so many bytes before it, or as many as it has. */
function rangeReply(
  name: string,
  size: number,
  request: IncomingHttpHeaders,
  open: (range: ByteRange | undefined) => Promise<Readable | Uint8Array>,
  more: Readonly<Record<string, string>> = {},
  mostBefore = Number.POSITIVE_INFINITY,
): Reply {
  const etag = `"${name}"`;
  const headers = {
    ...IMMUTABLE,
    ...more,
    etag,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
  };
  if (isKnown(request, etag)) return new Reply(304, headers);
  const wanted =
    request["if-range"] === undefined || request["if-range"] === etag ? request.range : undefined;
  const range = parseRange(wanted, size);
  if (range === "unsatisfiable")
    // Without the leave to keep it: a cache must not answer every other range with this.
    return new Reply(416, { ...UNCACHED, "content-range": `bytes */${size}` });
  const length = range ? range.end - range.start + 1 : size;
  if (!range || range.start > Math.max(mostBefore, length))
    return new Reply(200, { ...headers, "content-length": String(size) }, () => open(undefined));
  const sized = { ...headers, "content-length": String(length) };
  const part = { ...sized, "content-range": `bytes ${range.start}-${range.end}/${size}` };
  return new Reply(206, part, () => open(range));
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
