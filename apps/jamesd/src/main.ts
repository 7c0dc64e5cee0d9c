import "@jamesd/config/no-debugger";
import { isMainThread } from "node:worker_threads";
import { ProcessOutput } from "@jamesd/config";
import { run } from "./run.ts";

// In a bundle the threads load this file as well (thread.ts).
if (isMainThread) {
  // What it makes is nobody else's to read, wherever --data and --output are; SQLite takes no mode for its files.
  process.umask(0o077);
  const output = new ProcessOutput("jamesd");
  process.exitCode = await output.end(await run(process.argv.slice(2), output, process.env));
}
