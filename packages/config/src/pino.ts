import { type Logger, pino } from "pino";
import type { Log, LogSettings } from "./log.ts";
import { LogSink } from "./log-sink.ts";
import { lostLine } from "./logger.ts";
import { escapeUnseen } from "./printable.ts";

/**
 * A log of pino's to a file or standard error, with words for levels as all our logs have them. What cannot be written is dropped and counted.
 * @throws JamesError FILE_UNREADABLE
 */
export function makePinoLog({ logLevel, logFile }: LogSettings<string>): Log<Logger> {
  const sink = new LogSink(logFile, (lost) => lostLine("warn", lost));
  const options = { level: logLevel, base: null, formatters: { level: worded } };
  return { logger: pino(options, { write: (line: string) => sink.write(escapeUnseen(line)) }), sink };
}

function worded(level: string): { readonly level: string } {
  return { level };
}
