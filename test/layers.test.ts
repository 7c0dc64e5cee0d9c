import assert from "node:assert/strict";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { test } from "node:test";
import { importsBelow, ROOT } from "./imports.ts";

/** What each part may import of the others: only what is below it (ARCHITECTURE.md). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "packages/model": [],
  "packages/archive": ["@jamesd/model"],
  "packages/delta": ["@jamesd/model"],
  "packages/disk": ["@jamesd/model"],
  "packages/pki": ["@jamesd/model"],
  "packages/config": ["@jamesd/model"],
  "packages/protocol": ["@jamesd/model"],
  "packages/service": ["@jamesd/model", "@jamesd/config"],
  "packages/testkit": [],
  "packages/dashboard": ["@jamesd/model", "@jamesd/protocol"],
  "packages/simulation": ["@jamesd/model", "@jamesd/pki", "@jamesd/archive/write", "@jamesd/protocol"],
  "packages/carry": ["@jamesd/model", "@jamesd/archive/tar", "@jamesd/protocol/device"],
  "apps/jamesd": [
    "@jamesd/model",
    "@jamesd/dashboard",
    "@jamesd/archive",
    "@jamesd/delta",
    "@jamesd/disk",
    "@jamesd/pki",
    "@jamesd/config",
    "@jamesd/protocol",
    "@jamesd/service",
  ],
  // The agent takes only what runs on Node 20 and belongs on a device.
  "apps/jamesc": [
    "@jamesd/model",
    "@jamesd/carry",
    "@jamesd/archive/safe-path",
    "@jamesd/delta/device",
    "@jamesd/disk",
    "@jamesd/pki/credentials",
    "@jamesd/pki/pem",
    "@jamesd/pki/identity",
    "@jamesd/pki/public-key",
    "@jamesd/pki/signing-request",
    "@jamesd/pki/subject",
    "@jamesd/pki/token",
    "@jamesd/config",
    "@jamesd/protocol/device",
    "@jamesd/protocol/enroll",
    "@jamesd/service",
  ],
  "apps/jamesd-ctl": [
    "@jamesd/model",
    "@jamesd/dashboard",
    "@jamesd/carry",
    "@jamesd/archive/tar",
    "@jamesd/archive/write",
    "@jamesd/disk",
    "@jamesd/pki/certificate-id",
    "@jamesd/pki/credentials",
    "@jamesd/pki/pem",
    "@jamesd/pki/public-key",
    "@jamesd/pki/token",
    "@jamesd/config",
    "@jamesd/protocol",
  ],
  "apps/pkitool": ["@jamesd/model", "@jamesd/disk", "@jamesd/pki", "@jamesd/config"],
};

/** What the pure model may use of Node: hashing is a calculation. */
const PURE = new Set(["node:crypto"]);

// The name of a package stands for its subpaths as well; a subpath only for itself.
function covers(allowed: string, specifier: string): boolean {
  return specifier === allowed || (allowed.split("/").length === 2 && specifier.startsWith(`${allowed}/`));
}

const folders = ["packages", "apps"].flatMap((base) =>
  readdirSync(join(ROOT, base)).map((name) => `${base}/${name}`),
);

test("every package and app has a place in the layers", () => {
  assert.deepEqual(folders.toSorted(), Object.keys(MAY_IMPORT).toSorted());
});

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${folder} imports only what is below it`, () => {
    const imports = importsBelow(`${folder}/src`);
    assert.ok(imports.length > 0, "found imports to look at");
    const wrong = imports.filter(
      ({ specifier }) => specifier.startsWith("@jamesd/") && !allowed.some((name) => covers(name, specifier)),
    );
    assert.deepEqual(wrong, []);
  });

  test(`${folder} reaches into no other part by path`, () => {
    const outside = importsBelow(`${folder}/src`).filter(
      ({ file, specifier }) =>
        specifier.startsWith(".") && !join(dirname(file), specifier).startsWith(join(folder) + sep),
    );
    assert.deepEqual(outside, []);
  });
}

test("the model has no clock, randomness, files or network", () => {
  const imports = importsBelow("packages/model/src").filter(
    ({ specifier }) => !specifier.startsWith(".") && !PURE.has(specifier),
  );
  assert.deepEqual(imports, []);
  const files = globSync("packages/model/src/**/*.ts", { cwd: ROOT });
  const impure = files.filter((file) =>
    /\bDate\.now|new Date(?!\(\w)|Math\.random|process\.|randomUUID|randomBytes|setTimeout/.test(
      readFileSync(join(ROOT, file), "utf8"),
    ),
  );
  assert.ok(files.length > 0);
  assert.deepEqual(impure, []);
});
