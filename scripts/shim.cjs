#!/usr/bin/env node
// Starts PROGRAM with a Node that is new enough: the one that runs this, else the one that this package depends on.
const { spawn } = require("node:child_process");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const OLDEST = 24;
const bundle = join(__dirname, "..", "PROGRAM");

if (Number.parseInt(process.versions.node, 10) >= OLDEST) {
  void import(pathToFileURL(bundle).href);
} else {
  const node = join(require.resolve("node/package.json"), "..", "bin", "node");
  const child = spawn(node, [bundle, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(
      `this Node is ${process.version}, ${OLDEST} or newer is needed, and that of the package "node" does not start: ${error.message}`,
    );
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGKILL" ? 137 : 1);
  });
}
