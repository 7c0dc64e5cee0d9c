import { processOutput } from "@jamesd/config";
import { run } from "./run.ts";

process.exitCode = await run(process.argv.slice(2), processOutput);
