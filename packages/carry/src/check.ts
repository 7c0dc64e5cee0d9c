import { tarEntries } from "@jamesd/archive/tar";
import { JamesError } from "@jamesd/model";
import { counted, type OnBytes } from "./counted.ts";
import type { OpenFile } from "./file.ts";
import { invalidExport, notExport } from "./format.ts";
import { type ExportIndex, IndexBuilder } from "./index-builder.ts";

const DAMAGE = /^(ARCHIVE_|DIGEST_MISMATCH$|EXPORT_INVALID$)/;

/**
 * Reads an export file from its first byte to its last, checks every content against its name and every packet against
 * its digest, and gives where everything stands. @throws JamesError EXPORT_INVALID, FILE_UNREADABLE
 */
export async function checkExport(file: OpenFile, onRead: OnBytes): Promise<ExportIndex> {
  const builder = new IndexBuilder();
  try {
    for await (const entry of tarEntries(counted(file.read({ offset: 0, size: file.size }), onRead)))
      await builder.take(entry);
    return builder.end();
  } catch (thrown) {
    if (!(thrown instanceof JamesError) || !DAMAGE.test(thrown.code)) throw thrown;
    // What does not even begin as an export is another file rather than a damaged one.
    const error = builder.hasBegun ? thrown : notExport(thrown);
    const hint = error.code === "EXPORT_INVALID" ? error.hint : undefined;
    throw invalidExport(`cannot import ${file.path}: ${error.message}`, hint, thrown);
  }
}
