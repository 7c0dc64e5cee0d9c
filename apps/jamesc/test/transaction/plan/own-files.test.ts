import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { Packet } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

/** A device whose agent runs by a certificate behind a link, and by a configuration that is not there. */
class Case implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();

  constructor() {
    this.#put("data/pki/ca.crt", "trusted\n");
    mkdirSync(join(this.bench.root, "etc"));
    symlinkSync("../data/pki/ca.crt", join(this.bench.root, "etc/ca.crt"));
    symlinkSync("data", join(this.bench.root, "var"));
  }

  async bring(packet: Packet, unowned: "overwrite" | "refuse" | "adopt" = "overwrite") {
    const ownFiles = ["etc/ca.crt", "etc/jamesc/jamesc.yaml"];
    const paths = ownFiles.map((path) => join(this.bench.root, path));
    const device = await this.bench.open({ ownFiles: [...paths, "/somewhere/else"] });
    const plan = planFor([], [packet], this.shelf, 1, { policy: { unowned } });
    return await device.carryOut(plan, this.shelf, NEVER);
  }

  #put(path: string, text: string): void {
    mkdirSync(dirname(join(this.bench.root, path)), { recursive: true });
    writeFileSync(join(this.bench.root, path), text);
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

const TREES: Readonly<Record<string, Tree>> = {
  "a certificate": { "data/pki/ca.crt": "another\n" },
  "the link to a certificate": { "etc/ca.crt": "another\n" },
  "a certificate, over a link to its folder": { "var/pki/ca.crt": "another\n" },
  "the folder that certificates are in": { "data/pki": { link: "/elsewhere" } },
  "a configuration where none is": { "etc/jamesc/jamesc.yaml": "addr: elsewhere\n" },
  "a folder at the place of a configuration": { "etc/jamesc/jamesc.yaml": { dir: 0o755 } },
};

test("whoever is refused the place of what the agent runs by is not told to move that away", async () => {
  for (const unowned of ["refuse", "adopt"] as const) {
    using one = new Case();
    const agent = one.shelf.add("agent", { "data/pki/ca.crt": "another\n" }, {}, { agent: true });
    const { error } = await one.bring(agent, unowned);
    assert.equal(error?.code, "PATH_NOT_OWNED");
    assert.match(error?.hint ?? "", /leave it where it is: say overwrite/);
  }
});

for (const [what, tree] of Object.entries(TREES))
  test(`no packet replaces what the agent runs by, unless it is declared for it: ${what}`, async () => {
    using one = new Case();
    const before = readTree(one.bench.root);
    const result = await one.bring(one.shelf.add("app", { ...tree, "opt/app": "1\n" }));
    assert.equal(result.error?.code, "PATH_UNSAFE", result.error?.message);
    assert.match(result.error?.message ?? "", /which jamesc itself runs by/);
    assert.match(result.error?.hint ?? "", /--allow-agent/);
    assert.deepEqual(readTree(one.bench.root), before);
  });

test("a packet that is declared for it does, and others put files beside them", async () => {
  using one = new Case();
  const beside = await one.bring(one.shelf.add("app", { "data/pki/other.crt": "1\n", "etc/app": "1\n" }));
  assert.equal(beside.outcome, "committed", beside.error?.message);
  const tree = { "data/pki/ca.crt": "newer\n" };
  const declared = one.shelf.add("trust", tree, {}, { agent: true });
  using other = new Case();
  other.shelf.packets.set(declared.digest, declared);
  for (const [digest, blob] of one.shelf.blobs) other.shelf.blobs.set(digest, blob);
  const result = await other.bring(declared);
  assert.equal(result.outcome, "committed", result.error?.message);
  assert.equal(readFileSync(join(other.bench.root, "etc/../data/pki/ca.crt"), "utf8"), "newer\n");
});
