import { tarEntries } from "@jamesd/archive/tar";
import { JamesError } from "@jamesd/model";
import { counted, type OnBytes } from "../counted.ts";
import type { OpenFile } from "./file.ts";
import { invalidExport } from "./format.ts";
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
    const hint = thrown.code === "EXPORT_INVALID" ? thrown.hint : undefined;
    throw invalidExport(`cannot import ${file.path}: ${thrown.message}`, hint, thrown);
  }
}
