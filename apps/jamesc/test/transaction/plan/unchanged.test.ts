import assert from "node:assert/strict";
import {
  chmodSync,
  linkSync,
  lstatSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Packet } from "@jamesd/model";
import type { Transaction } from "@jamesd/protocol/device";
import { readTree } from "@jamesd/testkit";
import { Bench, NEVER, planFor, Shelf, type Tree } from "../fixture.ts";

const LARGE = "large\n".repeat(20_000);
const SAME: Tree = {
  "srv/file": { text: "same\n", mode: 0o640 },
  "srv/large": LARGE,
  "srv/link": { link: "file" },
};

/** A device that has a packet, to be brought to the next one. */
async function deviceWith(packet: Packet, shelf: Shelf) {
  const bench = new Bench();
  const device = await bench.open();
  const bring = (next: Packet): Promise<Transaction> =>
    device.carryOut(planFor(device.installed, [next], shelf), shelf, NEVER);
  assert.equal((await bring(packet)).outcome, "committed");
  const at = (path: string): string => join(bench.root, path);
  const inode = (path: string): number => lstatSync(at(path)).ino;

  return { bench, bring, at, inode, [Symbol.dispose]: () => bench[Symbol.dispose]() };
}

describe("what is the same in the old and the new packet", () => {
  test("stays where it is, and is neither copied nor staged", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", { ...SAME, "srv/other": "1\n" }), shelf);
    const { inode, at } = device;
    const copies: string[] = [];
    const fetch = shelf.blob.bind(shelf);
    shelf.blob = (digest, offset) => {
      copies.push(...readdirSync(join(device.bench.state, "fetched")));
      return fetch(digest, offset);
    };
    const before = ["srv/file", "srv/large", "srv/link", "srv"].map(inode);
    device.bench.events.length = 0;
    const result = await device.bring(shelf.add("web", { ...SAME, "srv/other": "2\n" }));
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.deepEqual(["srv/file", "srv/large", "srv/link", "srv"].map(inode), before);
    assert.equal(statSync(at("srv/other")).size, 2);
    const staged = device.bench.events.find(({ event }) => event === "stage");
    assert.deepEqual(staged, { event: "stage", files: 1, operations: 2 });
    assert.deepEqual(copies, []);
  });

  const edits: readonly [string, (at: (path: string) => string) => void][] = [
    ["a file's content", (at) => writeFileSync(at("srv/file"), "edit\n")],
    ["a large file's content", (at) => writeFileSync(at("srv/large"), LARGE.toUpperCase())],
    ["a file's length", (at) => writeFileSync(at("srv/file"), "")],
    ["a file's mode", (at) => chmodSync(at("srv/file"), 0o666)],
    ["a file, which is gone", (at) => rmSync(at("srv/file"))],
    ["a file, which became a link", (at) => relink(at("srv/file"), "large")],
    ["a link", (at) => relink(at("srv/link"), "large")],
    ["the mode of their directory", (at) => chmodSync(at("srv"), 0o777)],
  ];
  for (const [what, edit] of edits)
    test(`is made anew where somebody changed ${what}`, async () => {
      const shelf = new Shelf();
      using device = await deviceWith(shelf.add("web", { ...SAME, "srv/other": "1\n" }), shelf);
      const next = { ...SAME, "srv/other": "2\n" };
      const wanted = { ...readTree(device.bench.root), ...(await treeOf(next)) };
      edit(device.at);
      const result = await device.bring(shelf.add("web", next));
      assert.equal(result.outcome, "committed", result.error?.message);
      assert.deepEqual(readTree(device.bench.root), wanted);
    });

  test("is made anew where it has a second name, by which it could be changed", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", { ...SAME, "srv/other": "1\n" }), shelf);
    linkSync(device.at("srv/file"), device.at("second"));
    await device.bring(shelf.add("web", { ...SAME, "srv/other": "2\n" }));
    assert.notEqual(device.inode("srv/file"), device.inode("second"));
  });

  test("does not keep its directory from getting another mode", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", { srv: { dir: 0o755 }, ...SAME }), shelf);
    await device.bring(shelf.add("web", { srv: { dir: 0o700 }, ...SAME }));
    assert.equal(statSync(device.at("srv")).mode & 0o7777, 0o700);
    assert.equal(statSync(device.at("srv/file")).size, 5);
  });

  test("may change its packet", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", SAME), shelf);
    const before = device.inode("srv/file");
    const result = await device.bring(shelf.add("site", SAME));
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.equal(device.inode("srv/file"), before);
    const end = await device.bring(shelf.add("site", { "srv/else": "else\n" }));
    assert.equal(end.outcome, "committed", end.error?.message);
    assert.deepEqual(Object.keys(readTree(device.bench.root)), ["srv", "srv/else"]);
  });

  for (const which of ["old", "new"] as const)
    test(`may be a configuration file of the ${which} packet alone`, async () => {
      const shelf = new Shelf();
      const listed = { conffiles: ["srv/file"] };
      using device = await deviceWith(shelf.add("web", SAME, {}, which === "old" ? listed : {}), shelf);
      const next = { ...SAME, "srv/other": "2\n" };
      const result = await device.bring(shelf.add("web", next, {}, which === "new" ? listed : {}));
      assert.equal(result.outcome, "committed", result.error?.message);
      assert.deepEqual(readTree(device.bench.root), await treeOf(next));
    });

  test("is gone while scripts run between the old packet and the new one", async () => {
    const shelf = new Shelf();
    const gone = 'test ! -e "$JAMES_ROOT/srv/file"\n';
    using device = await deviceWith(shelf.add("web", SAME, { postrm: gone }), shelf);
    const result = await device.bring(shelf.add("web", { ...SAME, "srv/other": "2\n" }));
    assert.equal(result.outcome, "committed", result.error?.message);
  });

  for (const script of ["postinst", "healthcheck"] as const)
    test(`comes back as it was when a ${script} changed it and failed`, async () => {
      const shelf = new Shelf();
      const spoil = 'echo spoilt > "$JAMES_ROOT/srv/file"\nexit 1\n';
      using device = await deviceWith(shelf.add("web", SAME), shelf);
      const before = readTree(device.bench.root);
      const short = await device.bench.open({ healthcheckTimeoutMs: 100 });
      const next = shelf.add("web", { ...SAME, "srv/other": "2\n" }, { [script]: spoil });
      const result = await short.carryOut(planFor(short.installed, [next], shelf), shelf, NEVER);
      assert.equal(result.outcome, "rolled-back");
      assert.deepEqual(readTree(device.bench.root), before);
    });

  test("stays where it is although scripts run, but for links", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", SAME, { prerm: "true\n" }), shelf);
    const [file, large, link] = ["srv/file", "srv/large", "srv/link"].map(device.inode);
    const scripts = { postinst: "true\n", healthcheck: "true\n" };
    const result = await device.bring(shelf.add("web", { ...SAME, "srv/other": "2\n" }, scripts));
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.deepEqual(["srv/file", "srv/large"].map(device.inode), [file, large]);
    assert.notEqual(device.inode("srv/link"), link);
  });

  const spoils = {
    "written to": "echo spoilt > file; echo more >> large",
    "written to, and given its times again":
      "touch -r file /tmp/ref.$$; printf SPOI > file; touch -r /tmp/ref.$$ file; rm /tmp/ref.$$",
    replaced: "cp -p file new; mv new file",
    "taken away": "rm file large",
    "given another mode": "chmod 4777 file",
    touched: "touch file large",
    "made a link": "rm file; ln -s large file",
    "taken away with its folder": "cd ..; rm -r srv",
    "swapped with another": "mv file x; mv large file; mv x large",
  };
  for (const [what, spoil] of Object.entries(spoils)) {
    const script = `cd "$JAMES_ROOT/srv"; ${spoil}\n`;

    test(`comes back as it was when a postinst failed by which it was ${what}`, async () => {
      const shelf = new Shelf();
      using device = await deviceWith(shelf.add("web", SAME), shelf);
      const before = [readTree(device.bench.root), timesOf(device.at)];
      const next = shelf.add("web", { ...SAME, "srv/other": "2\n" }, { postinst: `${script}exit 1\n` });
      assert.equal((await device.bring(next)).outcome, "rolled-back");
      assert.deepEqual([readTree(device.bench.root), timesOf(device.at)], before);
    });

    test(`comes back as it was when the prerm failed by which it was ${what}`, async () => {
      const shelf = new Shelf();
      const prerm = `${script}exit 1\n`;
      using device = await deviceWith(shelf.add("web", SAME, { prerm }), shelf);
      const before = readTree(device.bench.root);
      assert.equal(
        (await device.bring(shelf.add("web", { ...SAME, "srv/other": "2\n" }))).outcome,
        "rolled-back",
      );
      const { "srv/link": _, ...after } = readTree(device.bench.root) as Record<string, unknown>;
      const { "srv/link": __, ...wanted } = before as Record<string, unknown>;
      assert.deepEqual(after, wanted);
    });
  }

  test("is as the new packet has it where a prerm changed it", async () => {
    const shelf = new Shelf();
    const prerm = 'cd "$JAMES_ROOT/srv"; echo spoilt > file; rm large\n';
    using device = await deviceWith(shelf.add("web", SAME, { prerm }), shelf);
    const next = { ...SAME, "srv/other": "2\n" };
    const result = await device.bring(shelf.add("web", next));
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.deepEqual(readTree(device.bench.root), await treeOf(next));
  });

  test("is made anew where it is changed while the rest is fetched", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", { ...SAME, "srv/other": "1\n" }), shelf);
    const next = shelf.add("web", { ...SAME, "srv/other": "2\n" });
    whenAskedFor(fileOf(next, "srv/other"), shelf, () => writeFileSync(device.at("srv/file"), "edit\n"));
    const result = await device.bring(next);
    assert.equal(result.outcome, "committed", result.error?.message);
    assert.deepEqual(readTree(device.bench.root), await treeOf({ ...SAME, "srv/other": "2\n" }));
  });

  test("that is changed while what is missing is fetched stops the plan, which then goes on with the next try", async () => {
    const shelf = new Shelf();
    using device = await deviceWith(shelf.add("web", { ...SAME, "srv/other": "1\n" }), shelf);
    const next = shelf.add("web", { ...SAME, "srv/other": "2\n" });
    rmSync(device.at("srv/large"));
    whenAskedFor(fileOf(next, "srv/large"), shelf, () => writeFileSync(device.at("srv/file"), "edit\n"));
    const result = await device.bring(next);
    assert.equal(result.outcome, "rolled-back");
    assert.equal(result.error?.code, "TRANSACTION_FAILED");
    assert.match(result.error?.message ?? "", /srv\/file was changed/);
    const again = await device.bring(next);
    assert.equal(again.outcome, "committed", again.error?.message);
    assert.deepEqual(readTree(device.bench.root), await treeOf({ ...SAME, "srv/other": "2\n" }));
  });
});

function fileOf({ manifest }: Packet, path: string): string {
  const entry = manifest.find((one) => one.path === path);
  return entry?.type === "file" ? entry.digest : assert.fail();
}

function whenAskedFor(content: string, shelf: Shelf, happens: () => void): void {
  const fetch = shelf.blob.bind(shelf);
  shelf.blob = (digest, offset) => {
    if (digest === content) happens();
    return fetch(digest, offset);
  };
}

/** What a device has that never had anything else. */
async function treeOf(tree: Tree): Promise<ReturnType<typeof readTree>> {
  const shelf = new Shelf();
  using device = await deviceWith(shelf.add("web", tree), shelf);
  return readTree(device.bench.root);
}

function timesOf(at: (path: string) => string): readonly number[] {
  return ["srv/file", "srv/large"].map((path) => Math.round(lstatSync(at(path)).mtimeMs));
}

function relink(path: string, target: string): void {
  rmSync(path);
  symlinkSync(target, path);
}
