import type { Readable } from "node:stream";
import { type Digest, JamesError, type Manifest } from "@jamesd/model";
import { ByteReader } from "./byte-reader.ts";
import { decompress, isTarStart } from "./compression.ts";
import { ArchiveGuard } from "./guard.ts";
import { type ArchiveLimits, DEFAULT_LIMITS } from "./limits.ts";
import { Meter, untilAborted } from "./meter.ts";
import { quoted, refusal } from "./refuse.ts";
import { type TarEntry, tarEntries } from "./tar/entries.ts";

/** Where the contents of an archive go. */
export interface ArchiveSink {
  /** Stores the content of one file, reading it to its end; gives its digest and how many bytes it had. */
  file(
    content: AsyncIterable<Uint8Array>,
    size: number,
    path: string,
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** Is told of what an entry has that no packet keeps. */
  dropped?(path: string, attributes: readonly string[]): void;
}

/**
 * Reads an archive once, from its first byte to its last, in memory that does not grow with its files. Contents are
 * given to the sink as they come: on an error those given before were stored for nothing, and it is the caller's to
 * forget them. A stream given as the source is not destroyed.
 * @throws JamesError ARCHIVE_NOT_RECOGNISED, ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE;
 * errors of the source, the sink and the signal come through as they are.
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array> | Readable,
  sink: ArchiveSink,
  limits: ArchiveLimits = DEFAULT_LIMITS,
  signal?: AbortSignal,
): Promise<Manifest> {
  const guard = new ArchiveGuard(limits);
  for await (const entry of tarEntries(await openTar(source, limits, signal))) {
    const path = guard.admit(entry);
    if (path === undefined) continue;
    if (entry.dropped.length > 0) sink.dropped?.(path, entry.dropped);
    await collect(guard, sink, path, entry);
  }
  return guard.manifest();
}

async function openTar(
  source: AsyncIterable<Uint8Array> | Readable,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const meter = new Meter(limits);
  const { compression, plain } = await decompress(
    new ByteReader(meter.compressed(untilAborted(source, signal))),
    meter,
  );
  const reader = new ByteReader(meter.plain(plain));
  await reader.fill(512);
  if (isTarStart(reader.ahead)) return reader.rest();
  throw refusal("ARCHIVE_NOT_RECOGNISED", `the file is ${compression} data, but there is no tar in it`);
}

async function collect(guard: ArchiveGuard, sink: ArchiveSink, path: string, entry: TarEntry): Promise<void> {
  const { uid, gid, mode } = entry;
  switch (entry.type) {
    case "directory":
      return guard.add({ type: "directory", path, uid, gid, mode });
    case "symlink":
      return guard.add({ type: "symlink", path, uid, gid, target: entry.target });
    case "file":
      return guard.add({
        ...{ type: "file", path, uid, gid, mode },
        ...(await store(sink, path, entry)),
        ...(entry.capability !== undefined && { capability: entry.capability }),
      });
    case "link":
      return guard.addLink(path, entry.target, entry.capability);
    default:
      throw refusal(
        "ARCHIVE_UNSAFE",
        `${quoted(path)} is of the type ${entry.type}`,
        "A packet has files, directories and links only.",
      );
  }
}

async function store(
  sink: ArchiveSink,
  path: string,
  entry: TarEntry,
): Promise<{ digest: Digest; size: number }> {
  const broken: { error?: unknown } = {};
  const stored = await sink.file(noting(entry.content, broken), entry.size, path).catch((error: unknown) => {
    // What broke the content is the reason, whatever the sink made of it.
    throw broken.error ?? error;
  });
  if (stored.size !== entry.size)
    throw new JamesError(
      "INTERNAL",
      `${quoted(path)} has ${entry.size} bytes, but ${stored.size} were stored`,
    );
  return { digest: stored.digest, size: stored.size };
}

async function* noting(
  content: AsyncIterable<Uint8Array>,
  broken: { error?: unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* content;
  } catch (error) {
    broken.error = error;
    throw error;
  }
}
