import { type Logger, pino } from "pino";
import { LogSink } from "./log-sink.ts";
import { escapeUnseen } from "./printable.ts";

/** A log, and what opens its file anew. */
export interface Log {
  readonly logger: Logger;
  readonly sink: LogSink;
}

/** How a program writes its log. */
export interface LogForm {
  /** Levels are written by name, and not as pino's numbers. */
  readonly hasLevelNames: boolean;
  /** What is written of a line of JSON; it may be shown on a terminal. */
  readonly show: (line: string) => string;
}

const WARN = 40;
const JSON_LINES: LogForm = { hasLevelNames: false, show: escapeUnseen };

/**
 * A log to a file or standard error, in JSON lines (pino's) unless the form shows them otherwise. What cannot be written
 * is dropped and counted. @throws JamesError FILE_UNREADABLE
 */
export function makeLog(
  { logLevel, logFile }: { readonly logLevel: string; readonly logFile: string | undefined },
  { hasLevelNames, show }: LogForm = JSON_LINES,
): Log {
  const warn = hasLevelNames ? "warn" : WARN;
  const sink = new LogSink(logFile, (lost) =>
    show(`${JSON.stringify({ level: warn, time: Date.now(), lost, msg: "log lines were lost" })}\n`),
  );
  const level = (label: string, number: number) => ({ level: hasLevelNames ? label : number });
  const options = { level: logLevel, base: null, formatters: { level } };
  return { logger: pino(options, { write: (line: string) => sink.write(show(line)) }), sink };
}
