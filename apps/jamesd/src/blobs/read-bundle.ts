import { type BundledBlob, JamesError } from "@jamesd/model";
import type { BlobStore, ByteRange } from "./blob-store.ts";

const MAX_BATCH_BLOBS = 32;
const MAX_BATCH_BYTES = 256 * 1024;

/**
 * The contents of a bundle one after the other, or a range of them. Read in batches, the next one while the last is
 * sent: opening a file takes longer than sending a small one.
 */
export async function* readBundle(
  bundle: readonly BundledBlob[],
  range: ByteRange | undefined,
  blobs: BlobStore,
): AsyncGenerator<Uint8Array> {
  const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
  const asked = bundle.filter((blob) => blob.start <= end && blob.start + blob.size > start);
  let ahead: Promise<Buffer> | undefined;
  for (const batch of batches(asked)) {
    const next = readBatch(batch, start, end, blobs);
    // It may fail while the one before is still on its way, or is never asked for.
    next.catch(() => undefined);
    if (ahead !== undefined) yield await ahead;
    ahead = next;
  }
  if (ahead !== undefined) yield await ahead;
}

function* batches(bundle: readonly BundledBlob[]): Generator<readonly BundledBlob[]> {
  let batch: BundledBlob[] = [];
  let bytes = 0;
  for (const blob of bundle) {
    batch.push(blob);
    bytes += blob.size;
    if (batch.length < MAX_BATCH_BLOBS && bytes < MAX_BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

async function readBatch(
  batch: readonly BundledBlob[],
  start: number,
  end: number,
  blobs: BlobStore,
): Promise<Buffer> {
  const first = batch[0]?.start ?? 0;
  const bytes = Buffer.concat(await Promise.all(batch.map((blob) => readWhole(blob, blobs))));
  return bytes.subarray(Math.max(0, start - first), end + 1 - first);
}

async function readWhole({ digest, size }: BundledBlob, blobs: BlobStore): Promise<Uint8Array> {
  const bytes = await blobs.readSmall(digest, size);
  if (bytes?.length === size) return bytes;
  // Those behind it would be cut in the wrong places.
  throw new JamesError("BLOB_DAMAGED", `the blob ${digest} is not ${size} bytes long`);
}
