import { escapeUnseen, LogSink, printable } from "@jamesd/config";
import { type Logger, pino } from "pino";
import type { Settings } from "./config.ts";

export type { Logger } from "pino";

/** A log, and what opens its file anew. */
export interface Log {
  readonly logger: Logger;
  readonly sink: LogSink;
}

/**
 * A log to a file or standard error: JSON lines (pino's), or readable ones when a person is looking. What cannot be
 * written is dropped and counted. @throws JamesError FILE_UNREADABLE
 */
export function makeLog(
  { logLevel, logFile }: Pick<Settings, "logLevel" | "logFile">,
  isTerminal: boolean,
): Log {
  const isReadable = isTerminal && logFile === undefined;
  const format = isReadable ? readable : escapeUnseen;
  const sink = new LogSink(logFile, (lost) =>
    format(`${JSON.stringify({ level: "warn", time: Date.now(), lost, msg: "log lines were lost" })}\n`),
  );
  const destination = { write: (line: string) => sink.write(format(line)) };
  const options = {
    level: logLevel,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return { logger: pino(options, destination), sink };
}

/** A JSON log line for people, which cannot steer their terminal: `12:34:56 info plan received revision=3`. */
export function readable(line: string): string {
  const { time, level, msg, ...details } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const pairs = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${printable([clock, level, msg, ...pairs].join(" "))}\n`;
}
