// Makes the npm packages: dist/jamesd-VERSION.tgz with the four commands, and one each for the agent, the command line and
// pkitool alone, which are one file and need Node 20 only. And, where dpkg-deb is, the Debian packages of agent and server.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { runCommand } from "./command-line.ts";
import { writePackage } from "./debian/package.ts";
import { debianPackages } from "./debian/packages.ts";
import { NODES } from "./executable/node-binary.ts";
import { writeTexts } from "./program-texts.ts";
import { readmeFor } from "./readme.ts";

const REPOSITORY = resolve(import.meta.dirname, "..");
const USAGE = `run pack -- [--out DIR] [--only npm|deb] [--arch ARCH]...

ARCH is of the Debian packages, ${Object.keys(NODES).join(", ")}; unless given, this machine's.`;
const FLAGS = {
  options: {
    out: { type: "string", default: join(REPOSITORY, "dist") },
    only: { type: "string" },
    arch: { type: "string", multiple: true, default: [process.arch] },
  },
} as const satisfies ParseArgsConfig;

interface Packet {
  readonly name: string;
  readonly description: string;
  /** Command to bundle; one for Node 20 is the command itself, the server's is started by a shim. */
  readonly commands: Readonly<Record<string, string>>;
  /** What of the checkout goes with them, besides what every packet has. */
  readonly files: readonly string[];
  /** npm packages of which the one for the platform is installed: the shim looks whether it is the right one. */
  readonly platforms: Readonly<Record<string, string>>;
}

/** What is in every packet. */
const FOR_READERS = ["LICENSE", "CHANGELOG.md"];
const COMMANDS = {
  jamesd: "jamesd.mjs",
  "jamesd-ctl": "jamesd-ctl.mjs",
  pkitool: "pkitool.mjs",
  jamesc: "jamesc.cjs",
};

const workspace = readJson("package.json") as {
  version: string;
  description: string;
  optionalDependencies: Record<string, string>;
};

const PACKAGES: readonly Packet[] = [
  {
    name: "jamesd",
    description: workspace.description,
    commands: COMMANDS,
    files: ["docs", "ARCHITECTURE.md", "CONTRIBUTING.md", "jamesd.service", "jamesc.service"],
    // For systems whose own Node is older than what the server needs.
    platforms: workspace.optionalDependencies,
  },
  {
    name: "jamesc",
    description: "The agent of jamesd: one file, for every device with Node 20 or newer",
    commands: { jamesc: COMMANDS.jamesc },
    files: ["jamesc.service"],
    platforms: {},
  },
  {
    name: "jamesd-ctl",
    description: "The command line of jamesd: one file, for Node 20 or newer",
    commands: { "jamesd-ctl": COMMANDS["jamesd-ctl"] },
    files: [],
    platforms: {},
  },
  {
    name: "pkitool",
    description: "Makes the keys and certificates of jamesd: one file, for Node 20 or newer",
    commands: { pkitool: COMMANDS.pkitool },
    files: [],
    platforms: {},
  },
];

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(REPOSITORY, path), "utf8"));
}

/** Only the server needs a newer Node than the one that is to start it, and so a shim. */
function writeCommand(folder: string, command: string, bundle: string): string {
  if (bundle !== COMMANDS.jamesd) return bundle;
  const path = `bin/${command}.cjs`;
  const shim = readFileSync(join(REPOSITORY, "scripts/shim.cjs"), "utf8").replaceAll("PROGRAM", bundle);
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, path), shim, { mode: 0o755 });
  const digests = "node-digests.json";
  copyFileSync(join(REPOSITORY, "scripts", digests), join(folder, "bin", digests));
  return path;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

function pack(packet: Packet, bundles: string, out: string): string {
  const { name, description, commands, files, platforms } = packet;
  const folder = join(bundles, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const bundle of Object.values(commands)) copyFileSync(join(bundles, bundle), join(folder, bundle));
  for (const file of [...FOR_READERS, ...files])
    cpSync(join(REPOSITORY, file), join(folder, file), { recursive: true });
  writeFileSync(
    join(folder, "README.md"),
    readmeFor((path) => existsSync(join(folder, path))),
  );
  const bin = Object.fromEntries(
    Object.entries(commands).map(([command, bundle]) => [command, writeCommand(folder, command, bundle)]),
  );
  const manifest = {
    name,
    version: workspace.version,
    description,
    license: "MIT",
    engines: { node: ">=20" },
    bin,
    man: writeTexts(folder, Object.keys(commands)),
    optionalDependencies: platforms,
  };
  writeJson(join(folder, "package.json"), manifest);
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", out], {
    cwd: folder,
    encoding: "utf8",
  });
  return join(out, packed.trim().split("\n").at(-1) ?? "");
}

/** The Debian packages, with a Node each; on this machine, or for others that are named. */
async function packDebian(archs: readonly string[], bundles: string, out: string): Promise<void> {
  for (const arch of archs)
    for (const made of await debianPackages(arch, bundles))
      console.log(writePackage(made, join(bundles, "deb"), out));
}

await runCommand(USAGE, FLAGS, async ({ values: { out: folder, only = "both", arch: archs } }) => {
  if (!["npm", "deb", "both"].includes(only)) throw new Error(`--only ${only} is neither npm nor deb`);
  const out = resolve(folder);
  const bundles = join(out, "npm");
  mkdirSync(bundles, { recursive: true });
  execFileSync(process.execPath, [join(REPOSITORY, "scripts/build.ts"), "--out", bundles], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (only !== "deb") for (const packet of PACKAGES) console.log(pack(packet, bundles, out));
  if (only === "npm") return;
  if (spawnSync("dpkg-deb", ["--version"]).status === 0) await packDebian(archs, bundles, out);
  else if (only === "deb") throw new Error("no Debian packages: there is no dpkg-deb");
  else console.error("no Debian packages: there is no dpkg-deb");
});
