import "./large-of-node.ts";
import "./memory.ts";
import "@jamesd/config/no-debugger";
import { ProcessOutput } from "@jamesd/config";
import { run } from "./run.ts";

const output = new ProcessOutput("jamesc");
// No top-level await: on devices this file is bundled as CommonJS.
void run(process.argv.slice(2), output, process.env)
  .then((code) => output.end(code))
  .then((code) => {
    process.exitCode = code;
  });
