import "@jamesd/config/no-debugger";
import { ProcessOutput } from "@jamesd/config";
import { run } from "./run.ts";

const output = new ProcessOutput("pkitool");
// No top-level await: in a single executable this file is CommonJS.
void run(process.argv.slice(2), output, process.env)
  .then((code) => output.end(code))
  .then((code) => {
    process.exitCode = code;
  });
