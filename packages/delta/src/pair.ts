import { ByteWriter } from "./byte-writer.ts";
import type { DeltaSource } from "./format.ts";
import { readHeadNumbers } from "./head.ts";

/** Two deltas in one: the length of the first, the first, the second. */
export function joinPair(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new ByteWriter();
  joined.number(first.length);
  joined.append(first);
  joined.append(second);
  return Uint8Array.from(joined.bytes);
}

/** The two deltas of a pair. @throws JamesError DELTA_INVALID */
export async function splitPair(pair: DeltaSource): Promise<readonly [DeltaSource, DeltaSource]> {
  const { numbers, end } = await readHeadNumbers(pair, 0, 1);
  const middle = Math.min(end + (numbers[0] as number), pair.size);
  return [part(pair, end, middle), part(pair, middle, pair.size)];
}

function part(whole: DeltaSource, from: number, to: number): DeltaSource {
  return { size: to - from, slice: (start, end) => whole.slice(from + start, from + end) };
}
