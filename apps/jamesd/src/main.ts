import { isMainThread } from "node:worker_threads";
import { processOutput } from "@jamesd/config";
import { run } from "./run.ts";

// In a bundle the threads that make deltas load this file as well (deltas/delta-worker.ts).
if (isMainThread) {
  // What it makes is nobody else's to read, wherever --data and --output are; SQLite takes no mode for its files.
  process.umask(0o077);
  process.exitCode = await run(process.argv.slice(2), processOutput, process.env);
}
