#!/usr/bin/env node
// Starts PROGRAM with a Node that is new enough: the one that runs this, else the one that this package depends on.
const { spawn } = require("node:child_process");
const { constants } = require("node:os");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const OLDEST = 24;
const bundle = join(__dirname, "..", "PROGRAM");

function fail({ message }) {
  const [line] = message.split("\n");
  console.error(
    `This is Node ${process.versions.node}; ${OLDEST} or newer is needed, and that of the npm package "node" does not start: ${line}\n` +
      `  hint: Install Node ${OLDEST}, or install this package again without --omit and --ignore-scripts.`,
  );
  process.exitCode = 1;
}

function startWithOther() {
  const node = join(require.resolve("node/package.json"), "..", "bin", "node");
  const child = spawn(node, ["--disable-sigusr1", bundle, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", fail);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

if (Number.parseInt(process.versions.node, 10) >= OLDEST) void import(pathToFileURL(bundle).href);
else {
  try {
    startWithOther();
  } catch (error) {
    fail(error);
  }
}
