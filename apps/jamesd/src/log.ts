import { escapeUnseen, LogSink } from "@jamesd/config";
import { type Logger, pino } from "pino";

/** A log, and what opens its file anew. */
export interface Log {
  readonly logger: Logger;
  readonly sink: LogSink;
}

const WARN = 40;

/**
 * A log to a file or standard error, in JSON lines (pino's), which may be shown on a terminal. What cannot be written is
 * dropped and counted. @throws JamesError FILE_UNREADABLE
 */
export function makeLog({ logLevel, logFile }: { logLevel: string; logFile: string | undefined }): Log {
  const sink = new LogSink(
    logFile,
    (lost) => `${JSON.stringify({ level: WARN, time: Date.now(), lost, msg: "log lines were lost" })}\n`,
  );
  return {
    logger: pino({ level: logLevel, base: null }, { write: (line) => sink.write(escapeUnseen(line)) }),
    sink,
  };
}
