import xzDecompress from "xz-decompress";
import type { ByteReader } from "./byte-reader.ts";
import { refusal } from "./refuse.ts";

/**
 * What the WebAssembly module inside `xz-decompress` (xz-embedded) offers. Its public stream lets one decoder run at a
 * time in a process and mistakes an early end for a failure of its own, so we drive the module ourselves, in a fresh
 * instance whose memory goes when the decoder goes. The version is pinned for that.
 */
interface XzModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  create_context(): number;
  supply_input(context: number, size: number): void;
  get_next_output(context: number): number;
}

interface XzLoader {
  _getModuleInstance(): Promise<void>;
  readonly _moduleInstance: { readonly exports: XzModule };
}

/** Fields of the module's context, in 32-bit words: `{ size, in, inPos, inSize, out, outPos }`. */
const FIELD = { size: 0, input: 1, inPos: 2, inSize: 3, output: 4, outPos: 5 } as const;

/** Results of xz-embedded (`enum xz_ret` in its xz.h). */
const RESULT = { ok: 0, end: 1, memory: 3, memoryLimit: 4, options: 6, buffer: 8 } as const;

/** Undoes xz (The .xz File Format 1.2), also of several streams, with checksums and index. */
export async function* unxz(reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new XzDecoder(await loadModule());
  let result: number = RESULT.ok;
  while (result === RESULT.ok) {
    const atEnd = decoder.needsInput && !(await reader.fill(1));
    // Told of no input, the decoder takes it that the last stream ended, or says that it had not.
    if (decoder.needsInput) decoder.supply(reader.take(decoder.size));
    const step = decoder.decode();
    if (step.output.length > 0) yield step.output;
    if (atEnd && step.result === RESULT.ok && step.output.length === 0) throw xzRefusal(RESULT.buffer);
    result = step.result;
  }
  if (result !== RESULT.end) throw xzRefusal(result, !(await reader.fill(1)) && decoder.needsInput);
}

async function loadModule(): Promise<XzModule> {
  const loader = xzDecompress.XzReadableStream as unknown as XzLoader;
  await loader._getModuleInstance();
  return loader._moduleInstance.exports;
}

class XzDecoder {
  readonly #module: XzModule;
  readonly #context: number;

  constructor(module: XzModule) {
    this.#module = module;
    this.#context = module.create_context();
  }

  /** Bytes of the module's input buffer. */
  get size(): number {
    return this.#field("size");
  }

  get needsInput(): boolean {
    return this.#field("inPos") === this.#field("inSize");
  }

  supply(bytes: Uint8Array): void {
    new Uint8Array(this.#module.memory.buffer).set(bytes, this.#field("input"));
    this.#module.supply_input(this.#context, bytes.length);
  }

  decode(): { result: number; output: Uint8Array } {
    const result = this.#module.get_next_output(this.#context);
    const start = this.#field("output");
    const output = new Uint8Array(this.#module.memory.buffer).slice(start, start + this.#field("outPos"));
    this.#words()[FIELD.outPos] = 0;
    return { result, output };
  }

  #field(name: keyof typeof FIELD): number {
    return this.#words()[FIELD[name]] ?? 0;
  }

  // Made anew each time: the memory moves when the module grows it.
  #words(): Uint32Array {
    return new Uint32Array(this.#module.memory.buffer, this.#context, 6);
  }
}

function xzRefusal(result: number, atEnd = false): Error {
  if (result === RESULT.buffer || atEnd) return refusal("ARCHIVE_TRUNCATED", "the xz data ends too early");
  if (result === RESULT.memory || result === RESULT.memoryLimit)
    return refusal("ARCHIVE_TOO_LARGE", "the xz dictionary is too large", "Compress with xz -9 at most.");
  if (result === RESULT.options)
    return refusal(
      "ARCHIVE_NOT_RECOGNISED",
      "the xz data uses a filter or a check other than LZMA2, CRC32 and CRC64",
      "Compress with plain xz, without --x86 and the like and without --check=sha256.",
    );
  return refusal("ARCHIVE_CORRUPT", `the xz data is damaged (code ${result})`);
}
