import { brotliDecompressSync } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";
import { LIBLZMA } from "./liblzma.ts";
import { refusal } from "./refuse.ts";

/** What the module offers (`liblzma/decoder.c`): one decoder of one file. */
interface XzModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  input(): number;
  inputBytes(): number;
  output(): number;
  begin(mostMemory: number): number;
  supply(size: number): void;
  left(): number;
  decode(isLast: boolean): number;
  made(): number;
}

/** What is used here of WebAssembly, for which Node has no types. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Results of liblzma (`lzma_ret` in its base.h). */
const RESULT = { ok: 0, end: 1, check: 3, memory: 5, memoryLimit: 6, options: 8, buffer: 10 } as const;

/** A dictionary of 64 MiB, which `xz -9` has, and what liblzma takes beside it. The next larger one has 96 MiB. */
const MOST_MEMORY = 72 * 2 ** 20;

/** Undoes xz (The .xz File Format 1.2), also of several streams, with checksums and index. */
export async function* unxz(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new XzDecoder();
  let [isLast, result]: [boolean, number] = [false, RESULT.ok];
  while (result === RESULT.ok) {
    if (decoder.needsInput && !isLast) {
      isLast = !(await reader.fill(1));
      if (!isLast) decoder.supply(reader.take(decoder.inputBytes));
    }
    const step = decoder.decode(isLast);
    if (step.output.length > 0) yield step.output;
    result = step.result;
  }
  if (result !== RESULT.end) throw xzRefusal(result, decoder.needsInput && !(await reader.fill(1)));
}

let compiled: object | undefined;

/** The module, in a fresh instance whose memory goes when the decoder goes. */
function newModule(): XzModule {
  compiled ??= new WebAssembly.Module(brotliDecompressSync(Buffer.from(LIBLZMA, "base64")));
  return new WebAssembly.Instance(compiled).exports as XzModule;
}

class XzDecoder {
  readonly #module = newModule();
  readonly inputBytes = this.#module.inputBytes();

  constructor() {
    this.#module.begin(MOST_MEMORY);
  }

  get needsInput(): boolean {
    return this.#module.left() === 0;
  }

  supply(bytes: Uint8Array): void {
    this.#memory().set(bytes, this.#module.input());
    this.#module.supply(bytes.length);
  }

  decode(isLast: boolean): { result: number; output: Uint8Array } {
    const result = this.#module.decode(isLast);
    const start = this.#module.output();
    return { result, output: this.#memory().slice(start, start + this.#module.made()) };
  }

  // Made anew each time: the memory moves when the module grows it.
  #memory(): Uint8Array {
    return new Uint8Array(this.#module.memory.buffer);
  }
}

function xzRefusal(result: number, atEnd: boolean): Error {
  if (result === RESULT.buffer || atEnd) return refusal("ARCHIVE_TRUNCATED", "the xz data ends too early");
  if (result === RESULT.memory || result === RESULT.memoryLimit)
    return refusal("ARCHIVE_TOO_LARGE", "the xz dictionary is too large", "Compress with xz -9 at most.");
  if (result === RESULT.options || result === RESULT.check)
    return refusal(
      "ARCHIVE_NOT_RECOGNISED",
      "the xz data uses a filter or a check other than LZMA2, CRC32 and CRC64",
      "Compress with plain xz, without --x86 and the like and without --check=sha256.",
    );
  return refusal("ARCHIVE_CORRUPT", `the xz data is damaged (code ${result})`);
}
