import { JamesError } from "@jamesd/model";
import { watchFiles } from "./watch-files.ts";

/** What is told of it, and what is opened anew. */
export interface ReloadLog {
  readonly logger: { info(message: string): void; error(details: object, message: string): void };
  readonly sink: { reopen(): void };
}

/**
 * At SIGHUP what may have been replaced is read again, and the log's file opened anew; without being told, certificates are
 * read again when one of their files was replaced or written to. What is wrong with it changes nothing.
 */
export function reloadWhenReplaced(
  { logger, sink }: ReloadLog,
  files: readonly string[],
  readAgain: () => void,
): void {
  process.on("SIGHUP", () =>
    attempt(logger, "SIGHUP", () => {
      sink.reopen();
      readAgain();
      logger.info("read the certificates again and opened the log anew");
    }),
  );
  watchFiles(files, () =>
    attempt(logger, "files were replaced", () => {
      readAgain();
      logger.info("read the certificates again, for their files were replaced");
    }),
  );
}

function attempt(logger: ReloadLog["logger"], why: string, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    logger.error(JamesError.from(thrown).toBody(), `${why}: what was read before is used on`);
  }
}
