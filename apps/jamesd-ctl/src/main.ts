import { processOutput } from "@jamesd/config";
import { INTERRUPTED, run } from "./run.ts";

const interrupt = new AbortController();
// Once: a second Ctrl-C ends a program that does not let go.
process.once("SIGINT", () => interrupt.abort());
// A reader such as `head` that has enough is no failure; what goes on for ever ends.
let isUnread = false;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  isUnread = true;
  interrupt.abort();
});

const code = await run(process.argv.slice(2), {
  env: process.env,
  output: processOutput,
  isTerminal: process.stderr.isTTY === true,
  stdin: process.stdin,
  signal: interrupt.signal,
});
process.exitCode = isUnread && code === INTERRUPTED ? 0 : code;
