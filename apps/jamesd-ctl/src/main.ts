import { processOutput } from "@jamesd/config";
import { run } from "./run.ts";

const interrupt = new AbortController();
// Once: a second Ctrl-C ends a program that does not let go.
process.once("SIGINT", () => interrupt.abort());
// A reader such as `head` that has enough is no failure; what is written after that goes nowhere.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  output: processOutput,
  isTerminal: process.stderr.isTTY === true,
  stdin: process.stdin,
  signal: interrupt.signal,
});
