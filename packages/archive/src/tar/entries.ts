import { ByteReader } from "../byte-reader.ts";
import { quoted, refusal } from "../refuse.ts";
import { BLOCK, paddingOf } from "./block.ts";
import { checkGlobal, type Extended, mergeHeaders, type TarEntry } from "./entry.ts";
import { type Header, isHeader, isZeros, parseHeader, untilNul } from "./header.ts";
import { type PaxRecords, parsePax } from "./pax.ts";

export type { TarEntry } from "./entry.ts";

/** Bytes of a pax header or a long name: they are held in memory. */
const MAX_EXTENDED = 2 ** 20;

/**
 * The entries of a tar, one after the other; each content is to be read before the next entry is asked for. They are
 * those that GNU tar shows: anything behind the zeros that end a tar is refused.
 * @throws JamesError ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT, ARCHIVE_UNSAFE, and whatever the source throws
 */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new TarReader(source);
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) yield entry;
  } finally {
    await reader.close();
  }
}

class TarReader {
  readonly #bytes: ByteReader;
  /** Where the next byte stands in the tar. */
  #offset = 0;
  /** Bytes of the last entry's content that were not read, and those behind it up to the next block. */
  #left = 0;
  #padding = 0;
  #last: { readonly name: string; readonly type: string; readonly claims: number } | undefined;
  #global: PaxRecords = new Map();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#bytes = new ByteReader(source);
  }

  /** The next entry, undefined at the end. */
  async next(): Promise<TarEntry | undefined> {
    await this.#skipContent();
    let extended: Extended = {};
    for (;;) {
      const header = await this.#header();
      if (header === undefined) return await this.#end(extended);
      if (header.flag === "g") this.#global = checkGlobal(parsePax(await this.#extended(header)));
      else if (!EXTENSIONS.has(header.flag)) return this.#entry(header, extended);
      else extended = addTo(extended, extensionOf(header.flag, await this.#extended(header)));
    }
  }

  async close(): Promise<void> {
    await this.#bytes.close();
  }

  #entry(header: Header, extended: Extended): TarEntry {
    const entry = mergeHeaders(header, extended, this.#global);
    this.#last = { name: entry.name, type: entry.type, claims: header.size - entry.size };
    this.#left = entry.size;
    this.#padding = paddingOf(entry.size);
    return { ...entry, offset: this.#offset, content: this.#content() };
  }

  async *#content(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      if (!(await this.#bytes.fill(1))) throw this.#cut();
      const chunk = this.#take(this.#left);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async #skipContent(): Promise<void> {
    for await (const _ of this.#content());
    if (!(await this.#bytes.fill(this.#padding))) throw this.#cut();
    this.#take(this.#padding);
    this.#padding = 0;
  }

  async #header(): Promise<Header | undefined> {
    if (!(await this.#bytes.fill(BLOCK))) throw this.#bytes.ahead.length > 0 ? this.#cut() : noEnd();
    const block = this.#take(BLOCK);
    if (isHeader(block)) return parseHeader(block);
    if (isZeros(block)) return undefined;
    const { name, type, claims } = this.#last ?? { name: "", type: "", claims: 0 };
    if (claims > 0) throw refusal("ARCHIVE_UNSAFE", `${quoted(name)} is a ${type} with content`);
    throw refusal(
      "ARCHIVE_CORRUPT",
      `the tar is damaged ${this.#where()} (the checksum of a header is wrong)`,
    );
  }

  async #extended({ size, flag }: Header): Promise<Buffer> {
    if (size > MAX_EXTENDED)
      throw refusal(
        "ARCHIVE_TOO_LARGE",
        `a header of the type ${quoted(flag)} ${this.#where()} has more than ${MAX_EXTENDED} bytes`,
      );
    if (size < 0 || !(await this.#bytes.fill(size + paddingOf(size)))) throw this.#cut();
    const bytes = this.#take(size);
    this.#take(paddingOf(size));
    return bytes;
  }

  /** Reads on behind the first block of zeros: there is at least one more, and nothing else. */
  async #end(extended: Extended): Promise<undefined> {
    if (Object.keys(extended).length > 0)
      throw refusal("ARCHIVE_CORRUPT", "there is a header after the last entry of the tar, for none");
    const begin = this.#offset;
    while (await this.#bytes.fill(1)) if (!isZeros(this.#take(this.#bytes.ahead.length))) throw behindEnd();
    if (this.#offset - begin < BLOCK) throw noEnd();
    return undefined;
  }

  #take(size: number): Buffer {
    const bytes = this.#bytes.take(size);
    this.#offset += bytes.length;
    return bytes;
  }

  #cut(): Error {
    return refusal("ARCHIVE_TRUNCATED", `the tar ends too early, ${this.#where()}`);
  }

  #where(): string {
    return this.#last === undefined ? "at its start" : `at or after ${quoted(this.#last.name)}`;
  }
}

/** Flags of headers for the entry behind them: pax (also as Solaris marks it), and GNU tar's long names and targets. */
const EXTENSIONS: ReadonlySet<string> = new Set("xXLK");

function extensionOf(flag: string, bytes: Buffer): Extended {
  if (flag === "L") return { longName: untilNul(bytes) };
  if (flag === "K") return { longTarget: untilNul(bytes) };
  return { pax: parsePax(bytes) };
}

// Programs disagree which of two counts.
function addTo(extended: Extended, more: Extended): Extended {
  if (Object.keys(more).some((key) => key in extended))
    throw refusal(
      "ARCHIVE_CORRUPT",
      "the tar is damaged: one entry has two headers of a kind in front of it",
    );
  return { ...extended, ...more };
}

function noEnd(): Error {
  return refusal("ARCHIVE_TRUNCATED", "the tar has no end: the zero blocks after the last entry are missing");
}

function behindEnd(): Error {
  return refusal(
    "ARCHIVE_CORRUPT",
    "there is something after the last entry of the tar, behind its end, where tar does not look",
    "Pack everything into one archive: tar -A joins two, and cat does not.",
  );
}
