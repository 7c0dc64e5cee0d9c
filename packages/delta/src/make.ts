import { brotliCompressSync, constants } from "node:zlib";
import { BaseIndex } from "./base-index.ts";
import { ByteWriter } from "./byte-writer.ts";
import { APART, MAX_TOGETHER, PLAIN, TOGETHER } from "./format.ts";
import { type Stretch, stretches } from "./stretches.ts";

/** What a device holds of each stream while it decompresses: 4 MiB. */
const WINDOW_BITS = 22;

/** The best quality is slow; streams that are longer, because little was alike, get one that is good enough. */
const MAX_BEST_BYTES = 16 * 1024 * 1024;

/**
 * Makes a delta (docs/formats.md) that turns `base` into `target`: the same one always. Busy for about a second per 5 MB
 * of a compiled program.
 */
export function makeDelta(base: Uint8Array, target: Uint8Array): Uint8Array {
  const streams = write(base, target, stretches(base, target)).map(({ bytes }) => bytes);
  return forms(streams, target.length).reduce((best, form) => (form.length < best.length ? form : best));
}

/** A delta in every form in which it may be the smallest. */
function forms(streams: readonly Uint8Array[], targetSize: number): readonly Uint8Array[] {
  const compressed = streams.map(compress);
  const apart = delta(APART, targetSize, compressed, Buffer.concat(compressed));
  const body = Buffer.concat(streams);
  if (body.length > MAX_TOGETHER) return [apart];
  const together = delta(TOGETHER, targetSize, streams, compress(body));
  return [apart, together, delta(PLAIN, targetSize, streams, body)];
}

function delta(
  format: number,
  targetSize: number,
  streams: readonly Uint8Array[],
  body: Uint8Array,
): Uint8Array {
  const written = new ByteWriter();
  written.byte(format);
  written.number(targetSize);
  for (const stream of streams.slice(0, -1)) written.number(stream.length);
  written.append(body);
  return Uint8Array.from(written.bytes);
}

/** Memory in bytes that `makeDelta` takes at the most, with what it is given. */
export function deltaMemory(baseSize: number, targetSize: number): number {
  return baseSize + 3 * targetSize + BaseIndex.memory(baseSize);
}

/** Control, runs, differences, literals. */
function write(base: Uint8Array, target: Uint8Array, found: readonly Stretch[]): readonly ByteWriter[] {
  const [control, runs, differences, literals] = Array.from({ length: 4 }, () => new ByteWriter()) as [
    ByteWriter,
    ByteWriter,
    ByteWriter,
    ByteWriter,
  ];
  let [position, expected, run, isEqual] = [0, 0, 0, true];
  for (const { from, copied, added } of found) {
    control.number(copied);
    control.number(added);
    control.signed(from - expected);
    expected = from + copied;
    for (let i = 0; i < copied; i += 1) {
      const difference = ((target[position + i] as number) - (base[from + i] as number)) & 255;
      if ((difference === 0) !== isEqual) {
        runs.number(run);
        [run, isEqual] = [0, !isEqual];
      }
      run += 1;
      if (difference !== 0) differences.byte(difference);
    }
    position += copied;
    literals.append(target.subarray(position, position + added));
    position += added;
  }
  runs.number(run);
  return [control, runs, differences, literals];
}

function compress(bytes: Uint8Array): Uint8Array {
  const quality = bytes.length > MAX_BEST_BYTES ? 9 : constants.BROTLI_MAX_QUALITY;
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
