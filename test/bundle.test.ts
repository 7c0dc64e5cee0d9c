import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram, Sandbox } from "@jamesd/testkit";
import { bundleInto, loadedAtStart, minified } from "../scripts/bundle.ts";

test("a bundle loads what Node has built in by require, which reads no more of it than is used", async () => {
  const text = String(await minified("pkitool"));
  const imported = [...text.matchAll(/\b(?:from|import)\s*\(?"([^"]+)"/g)].map(([, name = ""]) => name);
  assert.deepEqual(
    imported.filter((name) => isBuiltin(name)),
    ["node:module"],
  );
});

// A start costs what it loads, and scripts call a command a hundred times.
test("jamesd-ctl loads what reads documents, and other libraries that few commands need, when one is called", async () => {
  const loaded = [...(await loadedAtStart("jamesd-ctl"))];
  assert.ok(loaded.includes("apps/jamesd-ctl/src/commands/apply.ts"), "and what every start loads is found");
  const libraries = new Set(
    loaded.flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  assert.deepEqual([...libraries].sort(), ["node_modules/commander"]);
  assert.deepEqual(
    loaded.filter((path) => /^packages\/protocol\/src\/(schema|.*routes\.ts)/.test(path)),
    [],
    "schemas are made when they are needed",
  );
});

test("jamesd loads what makes certificates when it makes one", async () => {
  const loaded = [...(await loadedAtStart("jamesd", "server.ts"))];
  assert.ok(
    loaded.includes("apps/jamesd/src/enrollment/device-authority.ts"),
    "and what every start loads is found",
  );
  assert.deepEqual(
    loaded.filter((path) => path.startsWith("node_modules/@peculiar/") || path.includes("reflect-metadata")),
    [],
  );
});

test("of what makes certificates only what is used is bundled: it has modules", async () => {
  const loaded = [...(await loadedAtStart("pkitool"))].filter((path) => path.includes("@peculiar/"));
  assert.ok(loaded.some((path) => path.startsWith("node_modules/@peculiar/x509/")));
  assert.deepEqual(
    loaded.filter((path) => /\bcjs\b/.test(path)),
    [],
  );
});

/** Of Node, each half a megabyte or more of a device's memory. */
const LARGE = ["node:fs/promises", "node:http", "node:https", "node:stream/promises", "node:zlib"];

test("an agent that waits, and looks for drift meanwhile, loads nothing large of Node", async () => {
  const entries = ["start.ts", "transaction/drift/drift.ts"];
  const parts = await Promise.all(entries.map((entry) => loadedAtStart("jamesc", entry)));
  const loaded = new Set(parts.flatMap((part) => [...part]));
  for (const entry of entries) assert.ok(loaded.has(`apps/jamesc/src/${entry}`));
  assert.ok(loaded.has("node:tls"));
  assert.deepEqual(
    LARGE.filter((name) => loaded.has(name) || loaded.has(name.replace("node:", ""))),
    [],
  );
});

// A third of a megabyte, which Node loads when the name is used; `monotonic` of the protocol is the same clock.
test("nothing of an agent asks the clock of `performance`", async () => {
  const text = String(await minified("jamesc"));
  assert.match(text, /\bprocess\.uptime\(\)/);
  assert.deepEqual([...text.matchAll(/\bperformance\b|perf_hooks/g)].map(String), []);
});

/** Says at its end what of Node was compiled there and then. */
const TELLS_COMPILED = `const { internalBinding } = require("internal/test/binding");
process.on("exit", () => {
  const { compiledWithCache, compiledWithoutCache } = internalBinding("builtins").getCacheUsage();
  process._rawDebug(JSON.stringify([[...compiledWithCache], [...compiledWithoutCache]]));
});`;

// As soon as a flag of V8 is another, what comes with Node compiled is not taken: of TLS with all below it that is 8 ms of each start.
test("an agent loads the large parts of Node before it sets flags of V8", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "tells.cjs"), TELLS_COMPILED);
  writeFileSync(join(folder, "jamesc.cjs"), await minified("jamesc"));
  const flags = [
    "--expose-internals",
    "--no-warnings",
    "--require",
    "./tells.cjs",
    "jamesc.cjs",
    "--version",
  ];
  const { stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
  const [taken, compiled] = JSON.parse(stderr) as [readonly string[], readonly string[]];
  const large = ["tls", "crypto", "net", "stream", "v8"];
  assert.deepEqual(
    large.filter((name) => !taken.includes(name)),
    [],
  );
  assert.deepEqual(compiled, []);
});

/** Has a program take this Node for an older one. */
const OLDER =
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });';

test("the server says which Node it needs", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "older.cjs"), OLDER);
  const file = await bundleInto(folder, "jamesd");
  const flags = ["--require", "./older.cjs", file, "--version"];
  const { status, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
  assert.match(stderr, /^jamesd: needs Node 24 or newer, and is run by Node 20\.20\.2 \[USAGE\]\n {2}hint: /);
  assert.equal(status, 2);
});

/** Says at its end what of Node it has loaded. */
const TELLS = `process.on("exit", () => require("node:fs").writeSync(2, process.moduleLoadList.join("\\n")));`;
/** What the names of modules stand behind in that list. */
const MODULE = /^NativeModule (.*)$/gm;

/** Of Node, what an agent needs for a part of what it does, or for nothing. */
const SELDOM = [
  ...["child_process", "cluster", "dgram", "fs/promises", "http", "https", "inspector", "perf_hooks"],
  ...["readline", "url", "worker_threads", "zlib"],
];

// By what it has loaded, not by what it imports: Node loads parts of its own for others.
test("an agent that has checked in, with its lock taken, has loaded of Node only what waiting needs", async () => {
  await using sandbox = await Sandbox.create(["device-0"]);
  await sandbox.startServer();
  const tells = sandbox.write("tells.cjs", TELLS);
  const file = await bundleInto(sandbox.path("bundle"), "jamesc");
  const [before = [], loaded = []] = await Promise.all(
    [
      ["-e", ""],
      [file, ...sandbox.agentFlags("device-0", []), "--once"],
    ].map(async (args) => {
      const { code, stderr } = await runProgram([process.execPath, "--require", tells, ...args]);
      assert.equal(code, 0, stderr);
      return [...stderr.matchAll(MODULE)].map(([, name = ""]) => name);
    }),
  );
  assert.ok(loaded.includes("tls"));
  assert.deepEqual(
    SELDOM.filter((name) => loaded.includes(name) && !before.includes(name)),
    [],
  );
});

test("a command that speaks to nobody loads of Node neither TLS nor HTTP nor cryptography", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "tells.cjs"), TELLS);
  writeFileSync(join(folder, "jamesd-ctl.mjs"), await minified("jamesd-ctl"));
  const flags = ["--require", "./tells.cjs", "jamesd-ctl.mjs", "list-systems", "--columns", "help"];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: "utf8" });
  assert.deepEqual([status, stdout.split("\n")[0]?.split(/ +/)], [0, ["COLUMN", "SHOWS"]], stderr);
  const loaded = new Set([...stderr.matchAll(MODULE)].map(([, name]) => name));
  assert.ok(loaded.has("fs"), "and what it loads is found");
  assert.deepEqual(
    ["child_process", "crypto", "http", "https", "readline", "tls", "zlib"].filter((name) =>
      loaded.has(name),
    ),
    [],
  );
});
