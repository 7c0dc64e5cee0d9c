import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type BuildOptions, build, type Plugin, transform } from "esbuild";
import { buildDashboard } from "../packages/dashboard/src/build.ts";
import { DEVICE_WIRE } from "../packages/protocol/src/device-wire.ts";
import { ENROLL_WIRE } from "../packages/protocol/src/enroll-wire.ts";
import { WIRE } from "../packages/protocol/src/operator-wire.ts";
import type { Wire } from "../packages/protocol/src/wire.ts";
import { textsOfWire } from "../packages/protocol/src/wire-texts.ts";
import { noticeOf } from "./notices.ts";
import { sourceSeconds } from "./source-seconds.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const SHEBANG = "#!/usr/bin/env node";

/** What only a part of what the agent does needs, and takes memory as soon as it is loaded. */
const SELDOM = builtInByRequire(/^node:child_process$/);

/**
 * Cuts names short that only a function itself knows: the text of the program stays in memory, and a fifth of it are those.
 * What is at the top keeps its name, as methods do, so traces say what was called. Done to a script, which others may use.
 */
const LOCAL_NAMES_CUT: Plugin = {
  name: "local-names-cut",
  setup(build) {
    build.onEnd(async ({ outputFiles = [] }) => {
      for (const file of outputFiles) {
        const { code } = await transform(file.contents, { target: "node20", minify: true });
        file.contents = Buffer.from(code);
      }
    });
  },
};

/** The agent runs on whatever a device has: Node 20, and CommonJS. */
const FOR_DEVICES: BuildOptions = {
  format: "cjs",
  target: "node20",
  // What Node has built in is loaded with `require`: in a single executable there is no `import`, and it takes memory.
  supported: { "dynamic-import": false },
  banner: { js: SHEBANG },
  plugins: [SELDOM, LOCAL_NAMES_CUT],
};

/**
 * Has what Node has built in loaded with `require`, and when something of it is first used: an `import` reads everything
 * that a module exports, also what Node makes only for whom asks for it, and of most programs each run uses a part. Of
 * `node:http` that is all of undici, in each program and thread; `node:tls` alone takes as long as half of a bare Node.
 */
function builtInByRequire(filter: RegExp): Plugin {
  return {
    name: "built-in-by-require",
    setup(build) {
      build.onResolve({ filter }, ({ path, namespace }) =>
        namespace === "built-in" ? { path, external: true } : { path, namespace: "built-in" },
      );
      build.onLoad({ filter: /.*/, namespace: "built-in" }, ({ path }) => ({ contents: builtIn(path) }));
    },
  };
}

const BUILT_IN_BY_REQUIRE = builtInByRequire(/^node:/);

/** A module that stands for one that Node has built in. */
function builtIn(name: string): string {
  const module: unknown = process.getBuiltinModule(name);
  const required = `require(${JSON.stringify(name)})`;
  // A function, or an object with a class behind it, is more than its own properties.
  if (Object.getPrototypeOf(module) !== Object.prototype) return `module.exports = ${required};`;
  // Each file that imports it gets a copy of what it has itself, and the same prototype: so there is nothing to be copied.
  return `
    let loaded;
    const parts = {};
    for (const name of ${JSON.stringify(Object.keys(Object(module)))})
      Object.defineProperty(parts, name, { configurable: true, get: () => (loaded ??= ${required})[name] });
    ${name === "node:crypto" ? CERTIFICATES_AFTER_TLS : ""}
    module.exports = Object.create(parts);
  `;
}

/** In Node 24, `toLegacyObject` of a certificate before `node:tls` is loaded leaves that without `createSecureContext`. */
const CERTIFICATES_AFTER_TLS = `Object.defineProperty(parts, "X509Certificate", {
  get() {
    require("node:tls");
    return (loaded ??= require("node:crypto")).X509Certificate;
  },
});`;

/** A module of ours that has what Node has built in loaded, and uses none of it: esbuild takes such an import for one without effect. */
const LOADS_FIRST: Plugin = {
  name: "loads-first",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      importer.endsWith("/large-of-node.ts") ? { path, namespace: "loaded-first" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "loaded-first" }, ({ path }) => ({
      contents: `require(${JSON.stringify(path)});`,
    }));
  },
};

/** Libraries in CommonJS that are bundled as ESM still call `require` for what Node has built in. */
const AS_MODULE: BuildOptions = {
  format: "esm",
  plugins: [BUILT_IN_BY_REQUIRE],
  banner: {
    js: `${SHEBANG}\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);`,
  },
};

/** The server's database is in Node from this version on. */
const SERVER_NODE = 24;
const FOR_SERVERS: BuildOptions = {
  ...AS_MODULE,
  target: `node${SERVER_NODE}`,
  banner: { js: `${AS_MODULE.banner?.js}\n${refusingBefore(SERVER_NODE)}` },
};
const FOR_PEOPLE: BuildOptions = { ...AS_MODULE, target: "node20" };

/** Single executables take CommonJS only. */
const IN_EXECUTABLE: BuildOptions = {
  format: "cjs",
  target: "node20",
  supported: { "dynamic-import": false },
  banner: {},
};

/** The pages of the dashboard, which are bundles themselves. */
const DASHBOARD = "packages/dashboard/src/assets.ts";

/** It is in two programs, and made once. */
let dashboard: ReturnType<typeof buildDashboard> | undefined;

function dashboardOnce(): ReturnType<typeof buildDashboard> {
  dashboard ??= buildDashboard();
  return dashboard;
}

/** Says what an older Node lacks, in place of what that says of a module that it does not have. */
function refusingBefore(version: number): string {
  return `if (Number.parseInt(process.versions.node, 10) < ${version}) {
    process.stderr.write(\`jamesd: needs Node ${version} or newer, and is run by Node \${process.versions.node} [USAGE]\\n  hint: Start it with a newer one, as node24 jamesd.mjs; the packages of npm and Debian bring theirs.\\n\`);
    process.exit(2);
  }`;
}

/** What takes the place of a module of ours in a bundle: a constant, worked out here. */
function asData(module: string, name: string, value: () => unknown): Plugin {
  return inPlaceOf(module, name, async () => `export const ${name} = ${JSON.stringify(await value())};`);
}

function inPlaceOf(module: string, name: string, text: () => string | Promise<string>): Plugin {
  return {
    name: `${name}-as-data`,
    setup(build) {
      build.onLoad({ filter: new RegExp(`/${module.replaceAll(".", "\\.")}$`) }, async ({ path }) => ({
        contents: await text(),
        resolveDir: dirname(path),
      }));
    },
  };
}

/** The same of a wire of which a program reads by one or two shapes: they are text until then. */
function asTexts(module: string, name: string, wire: Wire): Plugin {
  return inPlaceOf(module, name, () =>
    [
      'import { wireOfTexts } from "./wire-texts.ts";',
      `export const ${name} = wireOfTexts(${JSON.stringify(textsOfWire(wire))});`,
    ].join("\n"),
  );
}

/** What the server's threads run: a bundle of its own, in which is little beside what they do, so that they begin soon. */
const THREAD_CODE = "apps/jamesd/src/running/thread-code.ts";

async function buildThreads(): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    ...optionsOf("jamesd", { format: "cjs", target: "node24", legalComments: "none" }),
    entryPoints: [join(REPOSITORY, "apps/jamesd/src/threads.ts")],
    plugins: [BUILT_IN_BY_REQUIRE],
    // There is no file from which a thread could start another one.
    define: { "import.meta.url": "undefined" },
    ...{ write: false, metafile: true },
  });
  return { text: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
}

/** Made once for a program and its notice. */
let threads: ReturnType<typeof buildThreads> | undefined;

function threadsOnce(): ReturnType<typeof buildThreads> {
  threads ??= buildThreads();
  return threads;
}

/** What programs read the protocol by is made here, of the schemas: in a bundle it is data, without zod. */
const AS_DATA: readonly Plugin[] = [
  asData("packages/protocol/src/device-wire.ts", "DEVICE_WIRE", () => DEVICE_WIRE),
  asData("packages/protocol/src/enroll-wire.ts", "ENROLL_WIRE", () => ENROLL_WIRE),
  asTexts("packages/protocol/src/operator-wire.ts", "WIRE", WIRE),
  asData(DASHBOARD, "ASSETS", async () => (await dashboardOnce()).assets),
  asData(THREAD_CODE, "THREAD_CODE", async () => (await threadsOnce()).text),
  asData("apps/jamesc/src/built.ts", "BUILT", () => sourceSeconds() * 1000),
];

/** Each program's bundle: its file, and how it is made. */
export const BUNDLES: Readonly<Record<string, { readonly file: string; readonly options: BuildOptions }>> = {
  jamesc: { file: "jamesc.cjs", options: FOR_DEVICES },
  jamesd: { file: "jamesd.mjs", options: FOR_SERVERS },
  "jamesd-ctl": { file: "jamesd-ctl.mjs", options: FOR_PEOPLE },
  pkitool: { file: "pkitool.mjs", options: FOR_PEOPLE },
};

/** The programs that can be a single executable. */
export const IN_EXECUTABLES: readonly string[] = ["jamesc", "jamesd-ctl", "pkitool"];

/** Writes a program's bundle into the folder; gives its path. @throws Error when there is no such program */
export async function bundleInto(folder: string, name: string): Promise<string> {
  const bundle = BUNDLES[name];
  if (!bundle) throw new Error(`${name} is none of ${Object.keys(BUNDLES).join(", ")}`);
  const outfile = join(folder, bundle.file);
  await mkdir(folder, { recursive: true });
  await writeFile(outfile, await bundled(name, bundle.options));
  return outfile;
}

/** The bundle of a program for a single executable. */
export function bundleForExecutable(name: string): Promise<Buffer> {
  return bundled(name, { ...BUNDLES[name]?.options, ...IN_EXECUTABLE });
}

/** The bundle of a program, as small as it gets. */
export function minified(name: string): Promise<Buffer> {
  return bundled(name, { ...BUNDLES[name]?.options, minify: true });
}

/**
 * What a program loads as it starts: files by their paths from the repository, and what Node has built in. What it imports
 * by `import()` it loads when it needs it, and that is not in the list.
 */
export async function loadedAtStart(name: string, entry = "main.ts"): Promise<ReadonlySet<string>> {
  // In parts: what a part imports is loaded with it, and what it imports by `import()` is another part.
  const { outputs } = (
    await build({
      ...optionsOf(name, { format: "esm", splitting: true, outdir: "parts", target: "node24" }),
      entryPoints: [join(REPOSITORY, "apps", name, "src", entry)],
      ...{ write: false, metafile: true },
    })
  ).metafile;
  const loaded = new Set<string>();
  const seen = new Set<string>();
  const load = (part: string): void => {
    if (seen.has(part)) return;
    seen.add(part);
    const { inputs = {}, imports = [] } = outputs[part] ?? {};
    for (const input of Object.keys(inputs)) loaded.add(input);
    for (const { path, kind, external } of imports) {
      if (external) loaded.add(path);
      else if (kind === "import-statement") load(path);
    }
  };
  for (const [part, { entryPoint }] of Object.entries(outputs))
    if (entryPoint === `apps/${name}/src/${entry}`) load(part);
  return loaded;
}

/** A program, with the licences of what is in it at its end. */
async function bundled(name: string, options: BuildOptions): Promise<Buffer> {
  const { outputFiles, metafile } = await build({
    ...optionsOf(name, options),
    ...{ write: false, metafile: true },
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const ofPages = inputs.includes(DASHBOARD) ? (await dashboardOnce()).inputs : [];
  const ofThreads = inputs.includes(THREAD_CODE) ? (await threadsOnce()).inputs : [];
  const notice = noticeOf(REPOSITORY, [...inputs, ...ofPages, ...ofThreads]);
  return Buffer.concat([outputFiles[0]?.contents ?? Buffer.alloc(0), Buffer.from(notice)]);
}

function optionsOf(name: string, { plugins = [], ...own }: BuildOptions) {
  return {
    entryPoints: [join(REPOSITORY, "apps", name, "src/main.ts")],
    // Comments in the bundle name files from here; the same wherever it is started.
    absWorkingDir: REPOSITORY,
    // Of a library in modules only what is used is bundled: of what makes certificates a quarter less.
    mainFields: ["module", "main"],
    bundle: true,
    platform: "node",
    plugins: [...AS_DATA, LOADS_FIRST, ...plugins],
    legalComments: "eof",
    // The text of the program stays in memory; names stay, for traces.
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: "warning",
    ...own,
  } as const satisfies BuildOptions;
}
