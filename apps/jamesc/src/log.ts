import { type Logger, pino } from "pino";
import type { Settings } from "./config.ts";

export type { Logger } from "pino";

/** A log to standard error: JSON lines (pino's), or readable ones when a person is looking. */
export function makeLog(level: Settings["logLevel"], isTerminal: boolean): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  const destination = isTerminal ? { write: (line: string) => void stderr.write(readable(line)) } : stderr;
  return pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } }, destination);
}

/** A JSON log line for people: `12:34:56 info plan received revision=3`. */
export function readable(line: string): string {
  const { time, level, msg, ...details } = JSON.parse(line) as Record<string, unknown>;
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const pairs = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return `${[clock, level, msg, ...pairs].join(" ")}\n`;
}
