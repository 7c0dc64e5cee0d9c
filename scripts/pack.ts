// Makes the npm packages: dist/jamesd-VERSION.tgz with the four commands, dist/jamesc-VERSION.tgz with the agent alone.
// Usage: node scripts/pack.ts [--out DIR]
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const REPOSITORY = resolve(import.meta.dirname, "..");

interface Packet {
  readonly name: string;
  readonly description: string;
  readonly node: string;
  /** Command to bundle; a bundle for devices is the command itself, the others are started by a shim. */
  readonly commands: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const workspace = readJson("package.json") as {
  version: string;
  description: string;
  devDependencies: { node: string };
};

const PACKAGES: readonly Packet[] = [
  {
    name: "jamesd",
    description: workspace.description,
    node: ">=20",
    commands: {
      jamesd: "jamesd.mjs",
      "jamesd-ctl": "jamesd-ctl.mjs",
      pkitool: "pkitool.mjs",
      jamesc: "jamesc.cjs",
    },
    // For systems whose own Node is older than what the server needs.
    dependencies: { node: workspace.devDependencies.node },
  },
  {
    name: "jamesc",
    description: "The agent of jamesd: one file, for every device with Node 20 or newer",
    node: ">=20",
    commands: { jamesc: "jamesc.cjs" },
    dependencies: {},
  },
];

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(REPOSITORY, path), "utf8"));
}

function writeCommand(folder: string, command: string, bundle: string): string {
  const path = bundle.endsWith(".cjs") ? bundle : `bin/${command}.cjs`;
  if (bundle.endsWith(".cjs")) return path;
  const shim = readFileSync(join(REPOSITORY, "scripts/shim.cjs"), "utf8").replaceAll("PROGRAM", bundle);
  writeFileSync(join(folder, path), shim, { mode: 0o755 });
  return path;
}

function pack(
  { name, description, node, commands, dependencies }: Packet,
  bundles: string,
  out: string,
): string {
  const folder = join(bundles, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const bundle of Object.values(commands)) copyFileSync(join(bundles, bundle), join(folder, bundle));
  for (const file of ["LICENSE", "README.md"]) copyFileSync(join(REPOSITORY, file), join(folder, file));
  const bin = Object.fromEntries(
    Object.entries(commands).map(([command, bundle]) => [command, writeCommand(folder, command, bundle)]),
  );
  const manifest = {
    name,
    version: workspace.version,
    description,
    license: "MIT",
    engines: { node },
    bin,
    dependencies,
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", out], {
    cwd: folder,
    encoding: "utf8",
  });
  return join(out, packed.trim().split("\n").at(-1) ?? "");
}

const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = resolve(values.out ?? join(REPOSITORY, "dist"));
const bundles = join(out, "npm");
mkdirSync(bundles, { recursive: true });
execFileSync(process.execPath, [join(REPOSITORY, "scripts/build.ts"), "--out", bundles], {
  stdio: ["ignore", "ignore", "inherit"],
});
for (const packet of PACKAGES) console.log(pack(packet, bundles, out));
