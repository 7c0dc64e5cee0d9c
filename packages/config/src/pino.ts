import { type Logger, pino } from "pino";
import type { Log, LogSettings } from "./log.ts";
import { LogSink } from "./log-sink.ts";
import { lostLine } from "./logger.ts";
import { escapeUnseen } from "./printable.ts";

const WARN = 40;

/**
 * A log of pino's to a file or standard error, with its numbers for levels. What cannot be written is dropped and counted.
 * @throws JamesError FILE_UNREADABLE
 */
export function makePinoLog({ logLevel, logFile }: LogSettings<string>): Log<Logger> {
  const sink = new LogSink(logFile, (lost) => lostLine(WARN, lost));
  const options = { level: logLevel, base: null, formatters: { level: numbered } };
  return { logger: pino(options, { write: (line: string) => sink.write(escapeUnseen(line)) }), sink };
}

function numbered(_label: string, level: number): { readonly level: number } {
  return { level };
}
