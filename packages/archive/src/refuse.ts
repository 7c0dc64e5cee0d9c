import { type ErrorCode, JamesError } from "@jamesd/model";

type ArchiveCode = Extract<ErrorCode, `ARCHIVE_${string}`>;

const HINTS: { readonly [code in ArchiveCode]: string } = {
  ARCHIVE_NOT_RECOGNISED:
    "Make it with tar, plain or compressed with gzip, bzip2, xz or zstd: tar cJf app.tar.xz -C root .",
  ARCHIVE_TRUNCATED: "It was cut short: make it again, or copy it again and compare the sizes.",
  ARCHIVE_CORRUPT: "It was damaged: make it again, or copy it again and compare the checksums.",
  ARCHIVE_UNSAFE: "Make the archive with tar from a clean folder: tar cJf app.tar.xz -C root .",
  ARCHIVE_TOO_LARGE: "Split the packet, or raise the limits of jamesd and jamesc with --limits.",
};

/** The error for an archive that is not accepted: the reason, and the usual way out unless a better one is given. */
export function refusal(code: ArchiveCode, message: string, hint = HINTS[code], cause?: unknown): JamesError {
  return new JamesError(code, message, { hint, cause });
}

/** A path as messages show it: quoted, with control characters escaped, and not endless. */
export function quoted(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}
