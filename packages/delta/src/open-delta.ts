import { brotliDecompressSync } from "node:zlib";
import { APART, type DeltaSource, invalidDelta, MAX_TOGETHER, PLAIN, TOGETHER } from "./format.ts";
import { readHead, readHeadNumbers } from "./head.ts";
import { StreamReader } from "./stream-reader.ts";

/** What a delta consists of, each stream in a reader; to be closed. */
export type Streams = readonly [
  control: StreamReader,
  runs: StreamReader,
  differences: StreamReader,
  literals: StreamReader,
];

/** Finds the streams of a delta. @throws JamesError DELTA_INVALID */
export async function openDelta(delta: DeltaSource): Promise<{ targetSize: number; streams: Streams }> {
  const [format] = await readHead(delta, 1);
  if (format !== APART && format !== TOGETHER && format !== PLAIN)
    throw invalidDelta("its format is not known");
  const { numbers, end } = await readHeadNumbers(delta, 1, 4);
  const [targetSize = 0, ...lengths] = numbers;
  const streams =
    format === APART
      ? apart(delta, end, lengths)
      : together(await readBody(delta, end, format === TOGETHER), lengths);
  return { targetSize, streams };
}

function apart(delta: DeltaSource, from: number, lengths: readonly number[]): Streams {
  const at = boundaries(from, lengths, delta.size);
  return streamsOf((i) => {
    const [start, end] = [at[i] as number, at[i + 1] as number];
    return StreamReader.compressed(delta.slice(start, end), end - start);
  });
}

function together(body: Uint8Array, lengths: readonly number[]): Streams {
  const at = boundaries(0, lengths, body.length);
  return streamsOf((i) => StreamReader.plain(body.subarray(at[i], at[i + 1])));
}

function streamsOf(open: (stream: number) => StreamReader): Streams {
  return [open(0), open(1), open(2), open(3)];
}

/** Where each stream begins; the last one ends with the whole. */
function boundaries(from: number, lengths: readonly number[], end: number): readonly number[] {
  const at = [from];
  for (const length of lengths) at.push((at.at(-1) as number) + length);
  if ((at.at(-1) as number) > end) throw invalidDelta("it is cut");
  return [...at, end];
}

async function readBody(delta: DeltaSource, from: number, isCompressed: boolean): Promise<Uint8Array> {
  if (delta.size - from > MAX_TOGETHER) throw invalidDelta("it is too long for its format");
  const chunks: Uint8Array[] = [];
  for await (const chunk of delta.slice(from, delta.size)) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isCompressed) return body;
  try {
    return brotliDecompressSync(body, { maxOutputLength: MAX_TOGETHER });
  } catch (cause) {
    throw invalidDelta("it cannot be decompressed", cause);
  }
}
