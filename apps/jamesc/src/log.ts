import { escapeUnseen, printable } from "@jamesd/config";
import { type Log, type Logger, makeLog } from "@jamesd/config/log";
import type { Settings } from "./config.ts";

export type { Logger } from "@jamesd/config/log";

/** The agent's log: JSON lines, or readable ones when a person is looking. @throws JamesError FILE_UNREADABLE */
export function openLog(settings: Pick<Settings, "logLevel" | "logFile">, isTerminal: boolean): Log<Logger> {
  const isReadable = isTerminal && settings.logFile === undefined;
  return makeLog(settings, isReadable ? readable : escapeUnseen);
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
