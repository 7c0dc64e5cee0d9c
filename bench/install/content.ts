import { createCipheriv } from "node:crypto";

/** Bytes of one kind in a row: enough for a compressor to see them, few enough to have both in the smallest file. */
const STRIPE = 64;

/**
 * So many bytes that are the same on every machine and of which about half compress away: stripes of a keystream
 * alternate with the stripe before.
 */
export function halfCompressible(seed: number, length: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  const bytes = createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
  for (let at = STRIPE; at < length; at += 2 * STRIPE) bytes.copyWithin(at, at - STRIPE, at);
  return bytes;
}
