import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { freePort, runProgram, skipUnless, systemNode } from "@jamesd/testkit";
import { pack } from "tar-stream";
import { makeBlob } from "../scripts/executable/blob.ts";
import { Elf, machineOf, PT_DYNAMIC, writeNumber } from "../scripts/executable/elf.ts";
import { makeExecutable } from "../scripts/executable/executable.ts";
import { withoutExports } from "../scripts/executable/exports.ts";
import { nodeBinary } from "../scripts/executable/node-binary.ts";

const BUILD = fileURLToPath(new URL("../scripts/build-agent.ts", import.meta.url));
const SCRIPT = {
  name: "script.cjs",
  text: Buffer.from("console.log(process.version, ...process.argv.slice(2))\n"),
};
const scratch = mkdtempSync(join(tmpdir(), "jamesd-executable-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const NODE_20 = systemNode();
const NODES = [process.execPath, ...(NODE_20 === undefined ? [] : [NODE_20])];
const needsSystemNode = skipUnless(NODE_20 !== undefined, "needs a Node 20 of the system");

async function versionOf(node: string): Promise<string> {
  return (await runProgram([node, "-p", "process.versions.node"])).stdout.trim();
}

test("the blob is the one that Node itself makes", { skip: needsSystemNode }, async () => {
  writeFileSync(join(scratch, SCRIPT.name), SCRIPT.text);
  for (const node of NODES) {
    const version = await versionOf(node);
    const config = {
      ...{ main: SCRIPT.name, output: "blob", disableExperimentalSEAWarning: true },
      ...(version.startsWith("20.") ? {} : { execArgv: ["--disable-sigusr1"] }),
    };
    writeFileSync(join(scratch, "config.json"), JSON.stringify(config));
    const made = await runProgram([node, "--experimental-sea-config", "config.json"], { cwd: scratch });
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(
      makeBlob(SCRIPT, version, machineOf(readFileSync(node))),
      readFileSync(join(scratch, "blob")),
      version,
    );
  }
});

/** A Node with the script in it, and the file that it is in: made once. */
function executable(node: string): { readonly file: string; readonly program: Buffer } {
  const file = join(scratch, `executable-${NODES.indexOf(node)}`);
  if (!existsSync(file)) writeFileSync(file, makeExecutable(readFileSync(node), SCRIPT), { mode: 0o755 });
  return { file, program: readFileSync(file) };
}

test("a Node with a script in it runs the script", { skip: needsSystemNode }, async () => {
  for (const node of NODES) {
    const { file, program } = executable(node);
    assert.ok(program.length < statSync(node).size, "there are no symbols in it");
    const { stdout, stderr } = await runProgram([file, "--version", "two"]);
    assert.deepEqual([stdout, stderr], [`v${await versionOf(node)} --version two\n`, ""]);
    assert.throws(() => makeExecutable(program, SCRIPT), /has one in it/);
  }
});

/** What the dynamic linker finds where as a program starts, as it says itself: from whom the program and each library gets a symbol. */
async function bindings(program: string, ...args: readonly string[]): Promise<readonly string[]> {
  // What Node keeps of what it compiles, it looks for more to write with.
  const env = { LD_DEBUG: "bindings", LD_BIND_NOW: "1", NODE_COMPILE_CACHE: undefined };
  const { stderr } = await runProgram([program, ...args], { env });
  const found = stderr.matchAll(/binding file (\S+) \[0\] to (\S+) \[0\]: \w+ symbol `(\S+)'/g);
  const named = (file: string): string => (file === program ? "it" : file);
  return [...found].map(([, to = "", from = "", name]) => `${named(to)} gets ${name} from ${named(from)}`);
}

test("in it libraries find what they find in Node, and nothing that is for add-ons", async () => {
  const script = join(scratch, SCRIPT.name);
  writeFileSync(script, SCRIPT.text);
  for (const node of NODES) {
    const { file, program } = executable(node);
    const [found, before] = [await bindings(file), await bindings(node, script)];
    assert.ok(found.some((one) => /libstdc\S* gets _ZSt4cout from it$/.test(one)));
    const [here, there] = [new Set(found), new Set(before)];
    assert.deepEqual(
      [found.filter((one) => !there.has(one)), before.filter((one) => !here.has(one))],
      [[], []],
    );
    assert.deepEqual(
      ["napi_create_object", "_ZN2v87Isolate10GetCurrentEv", "environ", "_ZSt4cout"].filter((name) =>
        program.includes(`\0${name}\0`),
      ),
      ["environ", "_ZSt4cout"],
    );
    assert.ok(withoutExports(program).equals(program), "there is nothing more to take from it");
  }
});

/** The same program, in which a tag for the dynamic linker is another. */
function withTag(program: Buffer, from: number, to: number): Buffer {
  const elf = new Elf(Buffer.from(program));
  const { machine, bytes } = elf;
  const width = machine.bits / 8;
  const tag = Buffer.alloc(width);
  writeNumber(tag, from, [0, width], machine);
  const part = elf.programs.find((one) => one.get("type") === PT_DYNAMIC);
  let at = part?.get("offset") ?? 0;
  while (!bytes.subarray(at, at + width).equals(tag)) at += 2 * width;
  writeNumber(bytes, to, [at, width], machine);
  return bytes;
}

test("a Node with tables that are not known stays as it is", () => {
  const [debug, gnuHash, oldHash, ownVersions, filter] = [21, 0x6ffffef5, 4, 0x6ffffffc, 0x7fffffff];
  const node = readFileSync(process.execPath);
  assert.ok(!withoutExports(withTag(node, debug, 0x12345)).equals(node));
  for (const [from, to] of [
    [debug, ownVersions],
    [debug, filter],
    // Of what is read so the number of symbols is too small.
    [gnuHash, oldHash],
  ] as const) {
    const other = withTag(node, from, to);
    assert.ok(withoutExports(other).equals(other), `tag ${from.toString(16)} is ${to.toString(16)}`);
  }
});

test("what is no Node is not taken", () => {
  assert.throws(
    () => makeExecutable(Buffer.from("#!/bin/sh\n".repeat(100)), SCRIPT),
    /no ELF program|no Node/,
  );
  assert.throws(() => makeExecutable(readFileSync("/bin/sh"), SCRIPT), /no Node/);
  const node = machineOf(readFileSync(process.execPath));
  assert.throws(() => makeBlob(SCRIPT, "21.1.0", node), /it is Node 21\.1\.0; .* 20 \(from 20\.11 on\)/);
});

describe("npm run build:agent", () => {
  const build = (cwd: string, ...args: readonly string[]) =>
    runProgram([process.execPath, BUILD, ...args], { cwd, env: process.env });

  test("makes the same bytes of the same input, wherever it is started", async () => {
    const digests: string[] = [];
    for (const [cwd, out] of [
      [scratch, "one"],
      ["/", "two"],
    ] as const) {
      const { code, stdout, stderr } = await build(cwd, "--program", "pkitool", "--out", join(scratch, out));
      assert.equal(code, 0, stderr);
      const file = stdout.trim();
      assert.equal(file, join(scratch, out, `pkitool-linux-${process.arch}`));
      assert.match((await runProgram([file, "--help"])).stdout, /^Usage: pkitool/);
      digests.push(createHash("sha256").update(readFileSync(file)).digest("hex"));
    }
    assert.equal(digests[0], digests[1]);
  });

  test("makes an agent that names itself where it is to be started again", async () => {
    const built = await build(scratch, "--out", scratch);
    assert.equal(built.code, 0, built.stderr);
    const agent = built.stdout.trim();
    const run = (...args: readonly string[]) => runProgram([agent, ...args], { cwd: scratch });
    assert.match((await run("waiter")).stdout, new RegExp(`^ *'?${agent}'? "\\$@" work `, "m"));
    const unit = await run("install-service", "--init", "systemd", "--print");
    assert.match(unit.stdout, new RegExp(`^ExecStart=(?:.* )?${agent}$`, "m"));
    const locked = await run("lock", "--state-dir", join(scratch, "state"), "--", "sh", "-c", "echo locked");
    assert.deepEqual([locked.code, locked.stdout], [0, "locked\n"], locked.stderr);
  });

  test("takes another Node, and refuses what it cannot make", { skip: needsSystemNode }, async () => {
    const out = ["--out", scratch];
    const other = await build(scratch, "--program", "jamesd-ctl", "--node-binary", NODE_20 ?? "", ...out);
    assert.equal(other.code, 0, other.stderr);
    assert.match((await runProgram([other.stdout.trim(), "--help"])).stdout, /^Usage: jamesd-ctl/);
    for (const [flags, message] of [
      [["--program", "jamesd"], /jamesd is none of jamesc, jamesd-ctl, pkitool/],
      [["--arch", "vax"], /vax is none of x64, arm64, armv7l/],
      [["--node-binary", "/bin/sh"], /\/bin\/sh cannot be taken: it is no Node/],
    ] as const) {
      const { code, stderr } = await build(scratch, ...flags, ...out);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  });
});

/** A registry that has one package, with another program in it. */
async function foreignRegistry(): Promise<{ url: string } & AsyncDisposable> {
  const tree = pack();
  tree.entry(
    { name: "package/package.json" },
    JSON.stringify({ name: "node-linux-s390x", version: "20.11.0" }),
  );
  tree.entry({ name: "package/bin/node", mode: 0o755 }, "another program");
  tree.finalize();
  const tarball = gzipSync(await buffer(tree));
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}/node.tgz`;
    const version = { name: "node-linux-s390x", version: "20.11.0", dist: { tarball: url } };
    if (request.url === "/node.tgz") response.end(tarball);
    else response.end(JSON.stringify({ name: version.name, versions: { "20.11.0": version } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, [Symbol.asyncDispose]: async () => void server.close() };
}

test("a Node that cannot be fetched, or is another one than was pinned, is said", async () => {
  const cache = join(scratch, "cache");
  const fetchFrom = (registry: string): Promise<string> =>
    nodeBinary("s390x", {
      cache,
      env: { ...process.env, npm_config_registry: registry, npm_config_cache: join(scratch, "npm") },
    });
  await assert.rejects(
    fetchFrom(`http://127.0.0.1:${await freePort()}/`),
    /cannot fetch node-linux-s390x@20\.11\.0 with npm: [\s\S]*--node-binary FILE/,
  );
  await using foreign = await foreignRegistry();
  await assert.rejects(fetchFrom(foreign.url), /has the SHA-256 \w{64}, and not \w{64} as in/);
  assert.ok(!existsSync(join(cache, "node-linux-s390x-20.11.0")), "it is not kept");
});
