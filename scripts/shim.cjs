#!/usr/bin/env node
// Starts PROGRAM with a Node that is new enough: the one that runs this, else the one that this package depends on, when
// that is the one that this package was tested with. npm checks what it fetches only by what the registry says.
const { spawn } = require("node:child_process");
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { constants } = require("node:os");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const OLDEST = 24;
const PACKAGE = `node-linux-${process.arch}`;
/** SHA-256 of bin/node in the npm package for each platform. */
const DIGESTS = require("./node-digests.json");
const bundle = join(__dirname, "..", "PROGRAM");

function fail({ message }) {
  const [line] = message.split("\n");
  console.error(
    `This is Node ${process.versions.node}; ${OLDEST} or newer is needed, and that of the npm package ${PACKAGE} does not start: ${line}\n` +
      `  hint: Install Node ${OLDEST}, or install this package again without --omit, on Linux with glibc on x64 or arm64.`,
  );
  process.exitCode = 1;
}

/** The Node of the package for this platform; what is not the one with the digest is never started. */
function findOther() {
  const node = join(require.resolve(`${PACKAGE}/package.json`), "..", "bin", "node");
  const digest = createHash("sha256").update(readFileSync(node)).digest("hex");
  if (digest !== DIGESTS[PACKAGE]) throw new Error(`${node} has another digest`);
  return node;
}

function startWithOther() {
  const child = spawn(findOther(), ["--disable-sigusr1", bundle, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
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
