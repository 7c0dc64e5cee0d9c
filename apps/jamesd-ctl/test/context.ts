import { Readable } from "node:stream";
import type { Client } from "@jamesd/protocol";
import type { Context } from "../src/cli/command.ts";

/** The world of a command, with a connection to a server; what it says on standard error is collected in `notes`. */
export function contextOf(client: Client, notes: string[] = []): Context {
  return {
    connect: () => client,
    note: (line) => void notes.push(line),
    isTerminal: false,
    stdin: Readable.from([]),
    signal: new AbortController().signal,
    file: undefined,
  };
}
