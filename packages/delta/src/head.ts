import { type DeltaSource, invalidDelta } from "./format.ts";

/** The longest number that a head holds, in bytes. */
const MAX_NUMBER_BYTES = 7;

/** Numbers in LEB128 that a delta begins with, and where they end. @throws JamesError DELTA_INVALID */
export async function readHeadNumbers(
  delta: DeltaSource,
  from: number,
  count: number,
): Promise<{ numbers: readonly number[]; end: number }> {
  const head = await readHead(delta, from + count * MAX_NUMBER_BYTES);
  const numbers: number[] = [];
  let end = from;
  while (numbers.length < count) {
    let value = 0;
    for (let i = 0; ; i += 1) {
      const byte = head[end];
      if (byte === undefined || i === MAX_NUMBER_BYTES) throw invalidDelta("it is cut");
      end += 1;
      value += (byte & 127) * 128 ** i;
      if (byte < 128) break;
    }
    numbers.push(value);
  }
  return { numbers, end };
}

/** At most so many bytes from a delta's beginning. */
export async function readHead(delta: DeltaSource, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of delta.slice(0, Math.min(most, delta.size))) chunks.push(chunk);
  return Buffer.concat(chunks);
}
