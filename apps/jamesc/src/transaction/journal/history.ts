import { appendFileSync } from "node:fs";
import { syncPath, writeDurably } from "@jamesd/disk";
import type { App } from "@jamesd/model";
import type { ScriptRun, Transaction } from "@jamesd/protocol/device";
import { readAgentFile } from "../disk/agent-file.ts";

/** A transaction that has ended, as the device remembers it. Format 1 of a line of the file `history`. */
export interface PastTransaction extends Omit<Transaction, "scripts"> {
  readonly format: 1;
  readonly scripts: readonly ScriptRun[];
  /** What was installed afterwards. */
  readonly apps: readonly App[];
}

/** Of what a script said so much is kept, from its end. */
const MOST_OUTPUT = 4096;
/** Longer than this the file becomes half as long: a thousand transactions without trouble. */
const MOST_BYTES = 512 * 1024;

/** The transactions that a file tells of, oldest first; lines that are damaged, cut or of a later format are passed over. */
export function readHistory(path: string): readonly PastTransaction[] {
  return textOf(path)
    .split("\n")
    .flatMap((line) => parseLine(line) ?? []);
}

/**
 * Adds a transaction that has ended, unless the file tells of it. It is the device's memory for people: nothing depends on
 * it, so that what goes wrong here is no failure of the transaction. @throws what the file system says
 */
export function noteInHistory(path: string, transaction: Transaction, apps: readonly App[]): void {
  const text = textOf(path);
  const last = parseLine(text.slice(text.trimEnd().lastIndexOf("\n") + 1));
  // One that was stuck may end otherwise later.
  if (last?.id === transaction.id && last.outcome === transaction.outcome) return;
  const line = `${JSON.stringify(pastOf(transaction, apps))}\n`;
  // What was cut by a crash ends there.
  const whole = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  if (whole === text && text.length + line.length <= MOST_BYTES) {
    appendFileSync(path, line, { mode: 0o600 });
    syncPath(path);
  } else writeDurably(path, shortened(whole, line.length) + line);
}

function pastOf({ scripts, ...rest }: Transaction, apps: readonly App[]): PastTransaction {
  return {
    format: 1,
    ...rest,
    scripts: scripts.map((run) => ({ ...run, output: run.output.slice(-MOST_OUTPUT) })),
    apps: apps.map(({ name, tags }) => ({ name, tags })),
  };
}

function shortened(text: string, more: number): string {
  if (text.length + more <= MOST_BYTES) return text;
  const half = text.slice(-MOST_BYTES / 2);
  return half.slice(half.indexOf("\n") + 1);
}

function textOf(path: string): string {
  try {
    return readAgentFile(path).toString();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw cause;
  }
}

function parseLine(line: string): PastTransaction | undefined {
  try {
    const past = JSON.parse(line) as PastTransaction;
    return past.format === 1 ? past : undefined;
  } catch {
    return undefined;
  }
}
