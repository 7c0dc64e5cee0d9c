import { escapeUnseen } from "./printable.ts";

/** Levels of a log, the least important first. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Writes a line of the log: what happened, with details. */
interface Write {
  (details: object, message: string): void;
  (message: string): void;
}

/** A log, by its levels. */
export type Logger = { readonly [level in Level]: Write };

/**
 * A log in JSON lines such as pino writes, with its levels by name, for who cannot spare the memory of pino: 8 MB, for some
 * twenty lines. `write` gets each line with its end.
 */
export function makeLogger(least: Level, write: (line: string) => void, now: () => number): Logger {
  const writeAt = (level: Level): Write => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return () => undefined;
    return (details: object | string, message?: string) => {
      const said = typeof details === "string" ? { msg: details } : { ...details, msg: message };
      write(`${JSON.stringify({ level, time: now(), ...said })}\n`);
    };
  };
  return { debug: writeAt("debug"), info: writeAt("info"), warn: writeAt("warn"), error: writeAt("error") };
}

/** What is written when lines could not be. */
export function lostLine(level: string, lost: number): string {
  return escapeUnseen(`${JSON.stringify({ level, time: Date.now(), lost, msg: "log lines were lost" })}\n`);
}
