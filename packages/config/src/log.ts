import { LogSink } from "./log-sink.ts";
import { type Level, type Logger, lostLine, makeLogger } from "./logger.ts";
import { escapeUnseen } from "./printable.ts";

export { type Logger, makeLogger } from "./logger.ts";

/** A log, and what opens its file anew. */
export interface Log<L> {
  readonly logger: L;
  readonly sink: LogSink;
}

/** Where a log goes, and from which level on. */
export interface LogSettings<L extends string> {
  readonly logLevel: L;
  /** Undefined: standard error. */
  readonly logFile: string | undefined;
}

/**
 * A log to a file or standard error, in JSON lines unless `show` makes others of them. What cannot be written is dropped and
 * counted. @throws JamesError FILE_UNREADABLE
 */
export function makeLog(
  { logLevel, logFile }: LogSettings<Level>,
  show: (line: string) => string = escapeUnseen,
): Log<Logger> {
  const sink = new LogSink(logFile, (lost) => show(lostLine("warn", lost)));
  return { logger: makeLogger(logLevel, (line) => sink.write(show(line)), Date.now), sink };
}
