import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer as bytes } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type ArchiveLimits, DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { type Content, type Digest, type Packet, sha256 } from "@jamesd/model";
import { fileSource } from "../../../src/transaction/fetch/delta.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

/** Lines that differ, so that nothing in one part is like another part. */
const text = (from: number, count: number): string =>
  Array.from({ length: count }, (_, n) => `${sha256(`${from + n}`)}\n`).join("");

const SCRIPTS = (version: string) => ({
  postinst: `# ${text(7000, 5)}echo ${version} >> "$JAMES_ROOT/../log"\n`,
});

/** A device that has the old of two packets, from a shelf that makes deltas. */
class Upgrade implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Shelf();
  readonly old: Packet;
  readonly next: Packet;

  constructor() {
    const same = { "usr/share/same": text(5000, 2000), "etc/app.conf": "edited on the device\n" };
    const conffiles = { conffiles: ["etc/app.conf"] };
    this.old = this.shelf.add(
      "app",
      {
        ...same,
        "usr/bin/app": text(0, 3000),
        "usr/lib/small": text(4000, 20),
        "usr/lib/gone": text(6000, 50),
      },
      SCRIPTS("one"),
      conffiles,
    );
    this.next = this.shelf.add(
      "app",
      {
        ...same,
        "usr/bin/app": text(0, 1500) + text(1600, 1400),
        "usr/lib/small": `${text(4000, 19)}changed\n`,
        "usr/lib/moved": text(6000, 50) + text(6000, 1),
      },
      SCRIPTS("two"),
      conffiles,
    );
    this.shelf.hasDeltas = true;
  }

  /** Installs the old packet, lets something happen, and upgrades. Gives what was asked for meanwhile. */
  async run(between: (root: string) => void = () => undefined, limits: ArchiveLimits = DEFAULT_LIMITS) {
    const device = await this.bench.open({ limits });
    const first = await device.carryOut(planFor([], [this.old], this.shelf), this.shelf, NEVER);
    assert.equal(first.outcome, "committed");
    between(this.bench.root);
    this.shelf.asked.length = 0;
    this.shelf.manifests.length = 0;
    const second = await device.carryOut(
      planFor(device.installed, [this.next], this.shelf, 2),
      this.shelf,
      NEVER,
    );
    assert.equal(second.outcome, "committed", second.error?.message);
    for (const entry of this.next.manifest)
      if (entry.type === "file" && entry.path !== "etc/app.conf")
        assert.equal(sha256(readFileSync(join(this.bench.root, entry.path))), entry.digest, entry.path);
    assert.equal(readFileSync(join(this.bench.dir, "log"), "utf8"), "one\ntwo\n");
    return {
      blobs: this.shelf.asked.map(([digest]) => digest),
      manifests: [...this.shelf.manifests],
      problems: this.bench.events
        .filter(({ event, error }) => event === "delta" && error)
        .map(({ error }) => error as { code: string }),
    };
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

const codes = (problems: readonly { code: string }[]): readonly string[] => problems.map(({ code }) => code);

test("an upgrade asks for one delta: manifest, files and scripts come of it", async () => {
  using upgrade = new Upgrade();
  const { blobs, manifests, problems } = await upgrade.run();
  assert.equal(blobs.length, 1);
  const delta = upgrade.shelf.blobs.get(blobs[0] ?? "") as Buffer;
  assert.ok(delta.length < 2500, `${delta.length} bytes`);
  assert.deepEqual([manifests, problems], [[], []]);
  assert.deepEqual(readdirSync(join(upgrade.bench.state, "fetched")), [], "the delta is gone afterwards");
});

test("a configuration file that was edited is no part of a delta, and does not spoil it", async () => {
  using upgrade = new Upgrade();
  const { blobs, problems } = await upgrade.run((root) =>
    writeFileSync(join(root, "etc/app.conf"), "mine\n"),
  );
  assert.deepEqual([blobs.length, blobs[1], problems], [2, sha256("edited on the device\n"), []]);
  assert.equal(readFileSync(join(upgrade.bench.root, "etc/app.conf"), "utf8"), "mine\n");
});

for (const [name, change] of Object.entries<(path: string) => void>({
  changed: (path) => writeFileSync(path, readFileSync(path, "utf8").replace(/[0-9]/g, "x")),
  "of another length": (path) => writeFileSync(path, "short"),
  gone: (path) => rmSync(path),
  "a link to elsewhere": (path) => {
    rmSync(path);
    symlinkSync("/etc/passwd", path);
  },
}))
  test(`when an installed file is ${name}, what the delta cannot make comes whole`, async () => {
    using upgrade = new Upgrade();
    const { blobs, manifests, problems } = await upgrade.run((root) => change(join(root, "usr/bin/app")));
    assert.equal(problems.length, 1);
    assert.deepEqual(manifests, [], "the manifest came of the delta all the same");
    const whole = upgrade.next.manifest.find(({ path }) => path === "usr/bin/app") as { digest: Digest };
    assert.ok(blobs.includes(whole.digest));
    assert.ok(!existsSync(join(upgrade.bench.root, "usr/lib/gone")));
  });

/** A shelf's delta is damaged before it is given its name: what the server sends is what it says. */
function damage(shelf: Shelf, change: (delta: Buffer) => Buffer): void {
  const make = shelf.delta.bind(shelf);
  shelf.delta = async (base, target): Promise<Content | undefined> => {
    const made = await make(base, target);
    const delta = change(Buffer.from(shelf.blobs.get(made?.digest ?? "") as Buffer));
    shelf.blobs.set(sha256(delta), delta);
    return { digest: sha256(delta), size: delta.length };
  };
}

test("a hostile server's delta harms nothing: whatever does not come of it right comes whole", async () => {
  let noticed = 0;
  for (const at of [0, 1, 3, 20, 100, 200, 400]) {
    using upgrade = new Upgrade();
    damage(upgrade.shelf, (delta) => {
      delta[at] = (delta[at] as number) ^ 0xff;
      return delta;
    });
    const { problems } = await upgrade.run();
    for (const code of codes(problems)) assert.match(code, /^(DELTA_INVALID|DIGEST_MISMATCH)$/);
    noticed += problems.length;
  }
  assert.ok(noticed >= 6, `only ${noticed} were noticed`);
  for (const change of [
    (delta: Buffer) => delta.subarray(0, 50),
    () => Buffer.alloc(0),
    () => Buffer.alloc(3000, 255),
  ]) {
    using upgrade = new Upgrade();
    damage(upgrade.shelf, change);
    assert.deepEqual(codes((await upgrade.run()).problems), ["DELTA_INVALID"]);
  }
});

test("a delta that is longer than a packet may be, or than there is room for, is not begun", async () => {
  for (const [bytes, code] of [
    [DEFAULT_LIMITS.bytes, "DELTA_INVALID"],
    [1e15, "STORAGE_FULL"],
  ] as const) {
    using upgrade = new Upgrade();
    const long = sha256("a long delta");
    upgrade.shelf.delta = async () => ({ digest: long, size: 1e14 });
    const { blobs, problems } = await upgrade.run(undefined, { ...DEFAULT_LIMITS, bytes });
    assert.deepEqual([codes(problems), blobs.includes(long)], [[code], false]);
  }
});

test("a server that fails to answer about deltas is asked for everything as before", async () => {
  using upgrade = new Upgrade();
  upgrade.shelf.delta = () => Promise.reject(new Error("no such route"));
  const { manifests, problems } = await upgrade.run();
  assert.deepEqual([manifests, problems.length], [[upgrade.next.digest], 1]);
});

test("a large delta that cannot be opened any more fails for who reads it, and nobody else", async () => {
  using bench = new Bench();
  const file = join(bench.dir, "delta");
  writeFileSync(file, Buffer.alloc(2 * 1024 * 1024));
  const { size, slice } = fileSource(file);
  rmSync(file);
  // What nobody reads yet must not end the process; an error of a stream comes within some turns.
  const [text, contents] = [slice(0, 1), slice(1, size)];
  await sleep(20);
  for (const one of [text, contents]) await assert.rejects(bytes(one), { code: "ENOENT" });
});
