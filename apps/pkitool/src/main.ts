import "@jamesd/config/no-debugger";
import { ProcessOutput } from "@jamesd/config";
import { run } from "./run.ts";

const output = new ProcessOutput("pkitool");
process.exitCode = await output.end(await run(process.argv.slice(2), output, process.env));
