import "@jamesd/config/no-debugger";
import { ProcessOutput } from "@jamesd/config";
import { INTERRUPTED, run } from "./run.ts";

const interrupt = new AbortController();
// Once: a second Ctrl-C ends a program that does not let go.
process.once("SIGINT", () => interrupt.abort());
// When nobody reads any more, what goes on for ever ends.
const output = new ProcessOutput("jamesd-ctl", () => interrupt.abort());

// No top-level await: in a single executable this file is CommonJS.
void run(process.argv.slice(2), {
  env: process.env,
  output,
  isTerminal: process.stderr.isTTY === true,
  screen: process.stdout.isTTY ? process.stdout : undefined,
  stdin: process.stdin,
  signal: interrupt.signal,
})
  .then((code) => output.end(output.hasFailed && code === INTERRUPTED ? 0 : code))
  .then((code) => {
    process.exitCode = code;
  });
