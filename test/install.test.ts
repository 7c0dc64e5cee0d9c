import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ProgramResult, runProgram } from "@jamesd/testkit";

const SCRIPT = fileURLToPath(new URL("../scripts/install.mjs", import.meta.url));

/** The PATH without the checkout's own Node: the script is for a machine that has only its system's. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);
const NPM_VARIABLE = /^npm_/i;
const ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NPM_VARIABLE.test(name)));

/** Like the packages of Node for a platform: what it brings is the command `node`. */
const NODE_PACKAGE = { name: "node", version: "24.0.0", bin: { node: "bin/node" } };

/** A checkout with the script and one dependency, a package `node` whose program is a shell script. */
class Checkout {
  readonly dir = mkdtempSync(join(tmpdir(), "jamesd-install-"));

  constructor(t: TestContext, node = "#!/bin/sh\necho v24.0.0\n") {
    t.after(() => rmSync(this.dir, { recursive: true, force: true }));
    this.write("node-package/package.json", JSON.stringify(NODE_PACKAGE));
    this.write("node-package/bin/node", node, 0o755);
    this.describe({ node: "file:node-package" }, { "node-package": NODE_PACKAGE });
    mkdirSync(this.path("scripts"));
    cpSync(SCRIPT, this.path("scripts/install.mjs"));
  }

  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  write(name: string, text: string, mode = 0o644): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text, { mode });
    return this.path(name);
  }

  describe(dependencies: Record<string, string>, locked: Record<string, unknown>): void {
    const about = { name: "checkout", version: "1.0.0", dependencies };
    const link = { "node_modules/node": { resolved: "node-package", link: true } };
    const packages = { "": about, ...link, ...locked };
    this.write("package.json", JSON.stringify(about));
    this.write("package-lock.json", JSON.stringify({ ...about, lockfileVersion: 3, packages }));
  }

  install(env: NodeJS.ProcessEnv = {}): Promise<ProgramResult> {
    const command = ["node", this.path("scripts/install.mjs")];
    return runProgram(command, { cwd: tmpdir(), env: { ...ENV, PATH, ...env } });
  }
}

test("it installs once, and again after a change of what is wanted", async (t) => {
  const checkout = new Checkout(t);
  const first = await checkout.install();
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.match(first.stdout, /^Installing the dependencies .*\n$/);
  assert.ok(existsSync(checkout.path("node_modules/.bin/node")));

  const kept = checkout.write("node_modules/kept", "");
  const second = await checkout.install();
  assert.deepEqual([second.code, second.stdout, second.stderr, existsSync(kept)], [0, "", "", true]);

  checkout.write("another/package.json", JSON.stringify({ name: "another", version: "1.0.0" }));
  checkout.describe(
    { node: "file:node-package", another: "file:another" },
    {
      "node-package": NODE_PACKAGE,
      "node_modules/another": { resolved: "another", link: true },
      another: { version: "1.0.0" },
    },
  );
  const third = await checkout.install();
  assert.equal(third.code, 0, third.stderr);
  assert.ok(existsSync(checkout.path("node_modules/another/package.json")));
});

test("an installation that was cut off is done again", async (t) => {
  const checkout = new Checkout(t);
  await checkout.install();
  rmSync(checkout.path("node_modules/.bin"), { recursive: true });
  const { code, stdout } = await checkout.install();
  assert.equal(code, 0);
  assert.match(stdout, /Installing/);
  assert.ok(existsSync(checkout.path("node_modules/.bin/node")));
});

test("it says so when npm is too old", async (t) => {
  const checkout = new Checkout(t);
  const npm = checkout.write("old/npm", "#!/bin/sh\necho 6.14.18\n", 0o755);
  const { code, stderr } = await checkout.install({ PATH: `${dirname(npm)}${delimiter}${PATH}` });
  assert.equal(code, 1);
  assert.match(stderr, /npm 6\.14\.18 is too old/);
});

test("it says so when the registry is out of reach, and is not taken in by what is half there", async (t) => {
  const checkout = new Checkout(t);
  const version = "1.0.0";
  checkout.describe(
    { node: "file:node-package", "jamesd-far-away": version },
    {
      "node-package": NODE_PACKAGE,
      "node_modules/jamesd-far-away": { version },
    },
  );
  const env = {
    npm_config_registry: "http://127.0.0.1:1/",
    npm_config_fetch_retries: "0",
    npm_config_cache: checkout.path("cache"),
  };
  for (const attempt of ["first", "second"]) {
    const { code, stderr } = await checkout.install(env);
    assert.equal(code, 1, attempt);
    assert.match(stderr, /npm cannot reach the registry/);
  }
});

test("it says so when the Node of the package does not run", async (t) => {
  const checkout = new Checkout(t, "#!/bin/sh\nexit 3\n");
  const { code, stderr } = await checkout.install();
  assert.equal(code, 1);
  assert.match(stderr, /The Node of the checkout does not run \(exit code 3\)/);
});
