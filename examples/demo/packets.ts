import { execFile } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip, createGzip } from "node:zlib";
import { extract, pack } from "tar-stream";

const run = promisify(execFile);

/** Where a file of the npm package goes on the device. */
const PLACES: Readonly<Record<string, string>> = {
  "package/bin/esbuild": "./usr/bin/esbuild",
  "package/README.md": "./usr/share/doc/esbuild/README.md",
};

/** The folders of the tree, which an archive lists before what is in them. */
const FOLDERS = [
  "./",
  "./etc/",
  "./usr/",
  "./usr/bin/",
  "./usr/local/",
  "./usr/local/bin/",
  "./usr/share/",
  "./usr/share/doc/",
  "./usr/share/doc/esbuild/",
];

/**
 * Makes `esbuild-VERSION-ARCH.tar.gz`: esbuild's program for that architecture, laid out as on a device. The npm package
 * it is made of is downloaded once and kept in `cache`.
 */
export async function makeArchive(
  cache: string,
  folder: string,
  arch: string,
  version: string,
): Promise<string> {
  const name = `esbuild-${version}-${arch}.tar.gz`;
  const tree = pack();
  const written = pipeline(tree, createGzip(), createWriteStream(`${folder}/${name}`));
  for (const path of FOLDERS) tree.entry({ name: path, type: "directory", mode: 0o755 });
  tree.entry({ name: "./etc/esbuild.conf", mode: 0o644 }, `# esbuild ${version}\nlog-level=info\n`);
  tree.entry({ name: "./usr/local/bin/esbuild", type: "symlink", linkname: "/usr/bin/esbuild" });
  await addFiles(tree, await download(cache, arch, version));
  tree.finalize();
  await written;
  return name;
}

/** Four scripts that say what they do, `NAME.sh` each; gives the flags that name them. */
export function writeScripts(folder: string): string {
  const names = ["preinst", "postinst", "prerm", "postrm"];
  for (const name of names)
    writeFileSync(
      `${folder}/${name}.sh`,
      `#!/bin/sh\necho "$JAMES_DEVICE: ${name} of $JAMES_APP [$JAMES_TAGS]" >> "$JAMES_ROOT/../scripts.log"\n`,
    );
  return names.map((name) => `--${name} ${name}.sh`).join(" ");
}

async function addFiles(tree: ReturnType<typeof pack>, tarball: string): Promise<void> {
  const reader = createReadStream(tarball).pipe(createGunzip()).pipe(extract());
  for await (const entry of reader) {
    const place = PLACES[entry.header.name];
    const { size = 0 } = entry.header;
    if (place === undefined) entry.resume();
    else
      await pipeline(entry, tree.entry({ name: place, size, mode: place.includes("/bin/") ? 0o755 : 0o644 }));
  }
}

async function download(cache: string, arch: string, version: string): Promise<string> {
  const spec = `@esbuild/linux-${arch}@${version}`;
  const kept = `${cache}/linux-${arch}-${version}.tgz`;
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const { stdout } = await run("npm", ["pack", spec, "--pack-destination", cache, "--silent"], {
    cwd: cache,
  }).catch((cause: Error) => {
    throw new Error(`cannot download ${spec} with npm; is there a network? ${cause.message}`, { cause });
  });
  renameSync(`${cache}/${stdout.trim().split("\n").at(-1)}`, kept);
  return kept;
}
