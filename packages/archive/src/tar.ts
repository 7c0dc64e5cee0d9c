import { extract } from "tar-stream";
import { quoted, refusal } from "./refuse.ts";
import { TailGuard } from "./tail-guard.ts";

/** An entry as the archive has it, before any judgement. */
export interface TarEntry {
  /** As tar-stream names it; anything it does not know is `unknown`. */
  readonly type: string;
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** It has file capabilities (capabilities(7)), which make of a program what setuid root makes of it. */
  readonly isCapable: boolean;
  /** Where the content begins in the tar. */
  readonly offset: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What we use of tar-stream's parser; the streams under it come without types. */
interface Parser
  extends AsyncIterable<AsyncIterable<Uint8Array> & { readonly header: Header; resume(): void }> {
  readonly destroyed: boolean;
  write(chunk: Uint8Array): boolean;
  end(): void;
  destroy(error?: Error): void;
  on(event: "drain" | "close", listener: () => void): void;
  off(event: "drain" | "close", listener: () => void): void;
}

interface Header {
  readonly name: string;
  /** Null for a type flag that the parser does not know. */
  readonly type: string | null;
  readonly linkname: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Where the content begins. */
  readonly byteOffset: number;
  readonly pax: Readonly<Record<string, string>> | null;
}

/**
 * The entries of a tar, one after the other; each content is to be read before the next entry is asked for.
 * @throws JamesError ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT, and whatever the source throws
 */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<TarEntry, void, undefined> {
  const parser = extract() as unknown as Parser;
  const guard = new TailGuard();
  const failure: { error?: unknown } = {};
  const fed = feed(guard.watch(source), parser).catch((error: Error) => {
    failure.error = error;
    parser.destroy(error);
  });
  const place = { name: "" };
  const explain = (error: unknown): unknown => failure.error ?? tarRefusal(error, place.name);
  try {
    for await (const stream of parser) {
      const entry = toEntry(stream.header, contentOf(stream, explain));
      place.name = entry.name;
      guard.expectEnd(stream.header);
      yield entry;
      stream.resume();
    }
    await fed;
  } catch (error) {
    throw explain(error);
  } finally {
    parser.destroy();
  }
  if (failure.error !== undefined) throw failure.error;
  guard.check();
}

async function* contentOf(
  stream: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    throw explain(error);
  }
}

async function feed(source: AsyncIterable<Uint8Array>, parser: Parser): Promise<void> {
  for await (const chunk of source) {
    if (parser.destroyed) return;
    if (!parser.write(chunk)) await drained(parser);
  }
  parser.end();
}

function drained(parser: Parser): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off("drain", done);
      parser.off("close", done);
      resolve();
    };
    parser.on("drain", done);
    parser.on("close", done);
    if (parser.destroyed) done();
  });
}

/** Under which names GNU tar and libarchive keep file capabilities. */
const CAPABILITY_KEYS = ["SCHILY.xattr.security.capability", "LIBARCHIVE.xattr.security.capability"];

function toEntry(header: Header, content: AsyncIterable<Uint8Array>): TarEntry {
  const pax = header.pax ?? {};
  // Sparse files come as ordinary ones whose content is a map and pieces.
  const isSparse = Object.keys(pax).some((key) => key.startsWith("GNU.sparse."));
  return {
    type: isSparse ? "sparse file" : (header.type ?? "unknown"),
    name: header.name,
    target: header.linkname ?? "",
    mode: header.mode & 0o7777,
    // tar-stream leaves the owners of a pax header, which are those that do not fit the plain one, to us.
    uid: Number(pax.uid ?? header.uid),
    gid: Number(pax.gid ?? header.gid),
    size: header.size,
    isCapable: CAPABILITY_KEYS.some((key) => Object.hasOwn(pax, key)),
    offset: header.byteOffset,
    content,
  };
}

function tarRefusal(error: unknown, name: string): unknown {
  if (!(error instanceof Error)) return error;
  const where = name === "" ? "at its start" : `at or after ${quoted(name)}`;
  if (error.message === "Unexpected end of data")
    return refusal("ARCHIVE_TRUNCATED", `the tar ends too early, ${where}`, undefined, error);
  return refusal("ARCHIVE_CORRUPT", `the tar is damaged ${where} (${error.message})`, undefined, error);
}
