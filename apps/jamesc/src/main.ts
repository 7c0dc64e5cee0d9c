import "./memory.ts";
import { processOutput } from "@jamesd/config";
import { run } from "./run.ts";

// No top-level await: on devices this file is bundled as CommonJS.
void run(process.argv.slice(2), processOutput, process.env).then((exitCode) => {
  process.exitCode = exitCode;
});
