import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import { bundleOf, type Content, type Digest, JamesError, type Packet, sha256 } from "@jamesd/model";
import type { Held } from "../../../src/transaction/fetch/compressed-part.ts";
import type { BlobContent } from "../../../src/transaction/index.ts";
import { Bench, NEVER, planFor, Shelf } from "../fixture.ts";

const compressed = (bytes: Buffer): Buffer =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const CUT = new JamesError("SERVER_UNREACHABLE", "cut");

/** Files of about 3 KB that differ and do not shrink to nothing. */
const files = (count: number, edition = 0): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const lines = Array.from({ length: 45 }, (_, line) => sha256(`${edition} ${n} ${line}`));
      return [`opt/${String(n).padStart(3, "0")}`, lines.join("\n")] as const;
    }),
  );

/** A server that has whole bundles, compressed, and may give something else than it has, or break off. */
class Packer extends Shelf {
  override hasWholeBundles = true;
  /** Where each download of a whole bundle began. */
  readonly offsets: number[] = [];
  /** Bytes of contents that it sent. */
  sent = 0;
  /** False: it can be reached only for whole bundles. */
  givesRanges = true;
  /** How many bytes of the first download, of the second and so on come; those after them come whole. */
  cuts: number[] = [];
  spoil: (whole: Buffer) => Buffer = (whole) => whole;

  override async compressedBlob(digest: Digest, { offset }: Held): Promise<BlobContent> {
    this.offsets.push(offset);
    const bytes = compressed(this.spoil(this.blobs.get(digest) as Buffer)).subarray(offset);
    const came = this.cuts.shift();
    const count = (sent: number): void => {
      this.sent += sent;
    };
    const content = (async function* () {
      const all = bytes.subarray(0, came);
      for (let at = 0; at < all.length; at += 1000) {
        const chunk = all.subarray(at, at + 1000);
        count(chunk.length);
        yield chunk;
      }
      if (came !== undefined) throw CUT;
    })();
    return { coding: "br", content };
  }

  override async blob(digest: Digest, offset: number): Promise<AsyncIterable<Uint8Array>> {
    if (!this.givesRanges) throw CUT;
    return super.blob(digest, offset);
  }

  override async bundle(...[packet, run]: Parameters<Shelf["bundle"]>): Promise<AsyncIterable<Uint8Array>> {
    if (!this.givesRanges) throw CUT;
    this.sent += run.reduce((sum, { size }) => sum + size, 0);
    return super.bundle(packet, run);
  }
}

/** A device and a server with one packet of many small files. */
class Install implements Disposable {
  readonly bench = new Bench();
  readonly shelf = new Packer();
  readonly app: Packet;

  constructor(tree = files(100)) {
    this.app = this.shelf.add("app", tree);
  }

  /** The bundle's length as it is, and compressed. */
  get length(): { readonly plain: number; readonly compressed: number } {
    const contents = bundleOf(this.app.manifest).map(({ digest }) => this.shelf.blobs.get(digest) as Buffer);
    const whole = Buffer.concat(contents);
    return { plain: whole.length, compressed: compressed(whole).length };
  }

  /** Has the agent start anew and carry out the plan. */
  async run(wanted = [this.app]): Promise<void> {
    const device = await this.bench.open();
    const plan = planFor(device.installed, wanted, this.shelf);
    const { outcome, error } = await device.carryOut(plan, this.shelf, NEVER);
    assert.equal(outcome, "committed", error?.message);
    for (const { manifest } of wanted)
      for (const entry of manifest)
        if (entry.type === "file")
          assert.equal(sha256(readFileSync(join(this.bench.root, entry.path))), entry.digest, entry.path);
    assert.deepEqual(readdirSync(join(this.bench.state, "fetched")), []);
  }

  /** What the log says of whole bundles: their length, or what was wrong. */
  get said(): readonly unknown[] {
    const events = this.bench.events.filter(({ event }) => event === "bundle");
    return events.map(({ bytes, error }) => bytes ?? (error as { code: string }).code);
  }

  [Symbol.dispose](): void {
    this.bench[Symbol.dispose]();
  }
}

describe("a packet of many small files", () => {
  test("comes as one whole bundle, compressed, and contents that are there twice come once", async () => {
    const tree = files(100);
    using install = new Install({ ...tree, "opt/again": tree["opt/007"] ?? "", "opt/empty": "" });
    const { plain, compressed } = install.length;
    await install.run();
    assert.equal(plain, Object.values(tree).join("").length);
    assert.deepEqual([install.shelf.offsets, install.shelf.sent], [[0], compressed]);
    assert.ok(compressed < 0.7 * plain);
    assert.deepEqual([install.shelf.bundles, install.shelf.asked], [[], [[sha256(""), 0]]]);
    assert.deepEqual(install.said, [plain]);
  });

  test("is gone on with where it was cut, at once, and after a new start also when most has come", async () => {
    for (const share of [0.1, 0.5, 0.7]) {
      using install = new Install();
      const cut = Math.floor(install.length.compressed * share);
      install.shelf.cuts = [cut - 2000, 2001, 0];
      install.shelf.givesRanges = false;
      await assert.rejects(install.run(), CUT);
      assert.deepEqual(install.shelf.offsets.splice(0), [0, cut - 2001, cut - 1]);
      await install.run();
      assert.deepEqual(install.shelf.offsets, [cut - 1]);
      assert.deepEqual(install.said, ["SERVER_UNREACHABLE", install.length.plain]);
    }
  });

  test("comes in ranges when the whole bundle is cut again and again at the same place", async () => {
    using install = new Install();
    install.shelf.cuts = [20_000, 1, 1, 1];
    await install.run();
    assert.deepEqual(install.shelf.offsets, [0, 19_999]);
    assert.deepEqual([install.said, install.shelf.bundles.length], [["SERVER_UNREACHABLE"], 1]);
  });

  for (const [what, spoil, code] of [
    ["something else", (whole) => Buffer.from(whole.toString().toUpperCase()), "DIGEST_MISMATCH"],
    [
      "something else from its middle on",
      (whole) => Buffer.concat([whole.subarray(0, 150_000), whole]),
      "DIGEST_MISMATCH",
    ],
    ["too short", (whole) => whole.subarray(0, 200_000), "SERVER_UNREACHABLE"],
  ] satisfies [string, (whole: Buffer) => Buffer, string][])
    test(`comes in ranges when the whole bundle is ${what}`, async () => {
      using install = new Install();
      install.shelf.spoil = spoil;
      await install.run();
      assert.deepEqual(install.shelf.offsets, [0]);
      assert.deepEqual([install.said, install.shelf.bundles.length], [[code], 1]);
    });

  for (const [what, give, code] of [
    [
      "is said to have another length",
      async (whole) => whole && { ...whole, size: whole.size + 1 },
      "DIGEST_MISMATCH",
    ],
    ["is not known to the server", async () => undefined, undefined],
    [
      "is none that this server knows of",
      async () => Promise.reject(new JamesError("ROUTE_UNKNOWN", "?")),
      "ROUTE_UNKNOWN",
    ],
  ] satisfies [string, (whole: Content | undefined) => Promise<Content | undefined>, string | undefined][])
    test(`comes in ranges when the whole bundle ${what}`, async () => {
      using install = new Install();
      const plain = install.shelf.wholeBundle.bind(install.shelf);
      install.shelf.wholeBundle = async (packet) => give(await plain(packet));
      await install.run();
      assert.deepEqual([install.shelf.offsets, install.shelf.bundles], [[], [[install.app.digest, 100]]]);
      assert.deepEqual(install.said, code ? [code] : []);
    });

  test("comes whole when half of it is missing, and in ranges when less is, or at most 64 KiB", async () => {
    for (const [kept, count, isWhole] of [
      [50, 100, true],
      [51, 100, false],
      [0, 22, false],
      [0, 23, true],
    ] as const) {
      using install = new Install(files(count));
      // Two packets, so that no delta is to be had, and nothing stays where it is.
      const other = Object.fromEntries(
        Object.entries(files(kept)).map(([path, text]) => [path.replace("opt", "srv"), text]),
      );
      const old = install.shelf.add("old", other);
      install.shelf.hasWholeBundles = false;
      await install.run([old]);
      install.shelf.hasWholeBundles = true;
      install.shelf.bundles.length = 0;
      await install.run([old, install.app]);
      const ranges = install.shelf.bundles.map(([, length]) => length);
      assert.deepEqual([install.shelf.offsets, ranges], isWhole ? [[0], []] : [[], [count - kept]]);
    }
  });
});
