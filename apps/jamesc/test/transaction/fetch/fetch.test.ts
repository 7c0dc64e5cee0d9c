// biome-ignore-all lint/style/noExcessiveLinesPerFile: still to be cut where it parts
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, constants, zstdCompressSync } from "node:zlib";
import { type Digest, JamesError, makePacket, type Packet, sha256 } from "@jamesd/model";
import { readTree } from "@jamesd/testkit";
import { fetchedFile, type Layout, makeLayout } from "../../../src/transaction/disk/layout.ts";
import { compressedPart, type Held, NOTHING } from "../../../src/transaction/fetch/compressed-part.ts";
import { fetchLarge } from "../../../src/transaction/fetch/download.ts";
import { fetchBlobs } from "../../../src/transaction/fetch/fetch.ts";
import { bytesFetched, distrustFetched, wantedBlobs } from "../../../src/transaction/fetch/fetched.ts";
import type { LocalCopies } from "../../../src/transaction/fetch/local-copies.ts";
import type { BlobContent } from "../../../src/transaction/fetch/remote.ts";
import { gathered, PIECE_BYTES, pieces } from "../../../src/transaction/fetch/write-blob.ts";
import { Bench, planFor, Shelf } from "../fixture.ts";

const NEVER = new AbortController().signal;
// Two chunks long, so that what comes on top is a chunk of its own.
const SMALL = "a small content\n".repeat(2048);
const LARGE = "a large content\n".repeat(100_000);
const KINDS = { small: SMALL, large: LARGE } as const;

const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const COMPRESSED = {
  br: (content: string | Buffer): Buffer => brotliCompressSync(content, QUALITY),
  zstd: (content: string | Buffer): Buffer => zstdCompressSync(content),
} as const;

/** What begins a compressed content, and what can follow for ever and says nothing. */
const SILENT = {
  // The window, and blocks of 65,536 bytes that are to be skipped.
  br: [[0xcc, 0xff, 0x7f], Buffer.concat([Buffer.alloc(65_536, 7), Buffer.from([0xe6, 0xff, 0x3f])])],
  // The window, and blocks of no bytes.
  zstd: [[0x28, 0xb5, 0x2f, 0xfd, 0, 0x50], Buffer.alloc(3 * 20_000)],
} as const;

/** A server that gives what it is told, in chunks of a network's size, and then an end or a failure. */
class Giver extends Shelf {
  chunk = 16_384;
  give: (content: Buffer) => { readonly bytes: Buffer; readonly failure?: Error } = (bytes) => ({ bytes });

  override async blob(digest: Digest, offset: number): Promise<AsyncIterable<Uint8Array>> {
    this.asked.push([digest, offset]);
    const { chunk } = this;
    const { bytes, failure } = this.give((this.blobs.get(digest) as Buffer).subarray(offset));
    return (async function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
      if (failure) throw failure;
    })();
  }
}

/** What a fetch works on. */
class Case implements Disposable {
  readonly giver: Giver;
  readonly packet: Packet;
  readonly digest: Digest;
  readonly layout: Layout;
  readonly #dir = mkdtempSync(join(tmpdir(), "jamesc-test-"));

  constructor(content: string, giver = new Giver()) {
    this.giver = giver;
    this.packet = this.giver.add("app", { "opt/file": content });
    this.digest = sha256(content);
    this.layout = makeLayout(join(this.#dir, "state"));
  }

  get parts(): Parameters<typeof fetchBlobs>[1] {
    return { layout: this.layout, remote: this.giver, signal: NEVER };
  }

  fetch(copies: LocalCopies = new Map()): Promise<number> {
    return fetchBlobs([this.packet], this.parts, copies);
  }

  /** The name of what is fetched ends with this, and nothing else is there. */
  holds(...endings: readonly string[]): void {
    assert.deepEqual(
      readdirSync(this.layout.fetched),
      endings.map((ending) => this.digest + ending),
    );
  }

  get content(): string {
    return readFileSync(fetchedFile(this.layout, this.digest), "utf8");
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }
}

for (const [kind, content] of Object.entries(KINDS)) {
  test(`a ${kind} content that is not what was asked for is not kept`, async () => {
    for (const wrong of [Buffer.from(content.toUpperCase()), Buffer.from(`${content}more`)]) {
      using fetching = new Case(content);
      fetching.giver.give = () => ({ bytes: wrong });
      await assert.rejects(fetching.fetch(), { code: "DIGEST_MISMATCH" });
      fetching.holds();
      assert.equal(fetching.giver.asked.length, 1);
    }
  });

  test(`a ${kind} content that ends early is not taken for whole`, async () => {
    using fetching = new Case(content);
    fetching.giver.give = (bytes) => ({ bytes: bytes.subarray(0, -1) });
    await assert.rejects(fetching.fetch(), { code: "SERVER_UNREACHABLE" });
    fetching.giver.give = (bytes) => ({ bytes });
    await fetching.fetch();
    fetching.holds("");
    assert.equal(fetching.content, content);
  });

  test(`a ${kind} content in tiny chunks is taken as it is`, async () => {
    using fetching = new Case(content);
    fetching.giver.chunk = 7;
    await fetching.fetch();
    fetching.holds("");
    assert.equal(fetching.content, content);
  });

  test(`a ${kind} content that an earlier process fetched is taken after it was hashed`, async () => {
    using fetching = new Case(content);
    await fetching.fetch();
    distrustFetched(fetching.layout);
    fetching.holds(".part");
    fetching.giver.asked.length = 0;
    await fetching.fetch();
    fetching.holds("");
    assert.deepEqual(fetching.giver.asked, []);
  });

  test(`a ${kind} content that a power cut spoiled is fetched anew`, async () => {
    using fetching = new Case(content);
    writeFileSync(fetchedFile(fetching.layout, fetching.digest), Buffer.alloc(content.length));
    distrustFetched(fetching.layout);
    await fetching.fetch();
    fetching.holds("");
    assert.equal(fetching.content, content);
    assert.deepEqual(fetching.giver.asked, [[fetching.digest, 0]]);
  });

  test(`a ${kind} content that was fetched is used when its copy on the device went or changed`, async () => {
    for (const spoil of [() => undefined, (path: string) => writeFileSync(path, content.toUpperCase())]) {
      using fetching = new Case(content);
      await fetching.fetch();
      distrustFetched(fetching.layout);
      fetching.giver.asked.length = 0;
      const path = fetching.path("installed");
      spoil(path);
      await fetching.fetch(new Map([[fetching.digest, () => path]]));
      fetching.holds("");
      assert.deepEqual(fetching.giver.asked, [], "nothing is asked for a second time");
    }
  });

  test(`a ${kind} content is copied from the device, and downloaded when something else stands there`, async () => {
    using fetching = new Case(content);
    const path = fetching.path("installed");
    const copies = new Map([[fetching.digest, () => path]]);
    writeFileSync(path, content);
    await fetching.fetch(copies);
    assert.equal(fetching.content, content);
    assert.deepEqual(fetching.giver.asked, []);
    for (const spoil of [
      () => writeFileSync(path, content.toUpperCase()),
      () => writeFileSync(path, content.slice(1)),
      () => execFileSync("ln", ["-s", "/dev/zero", path]),
      () => execFileSync("mkfifo", [path]),
      () => undefined,
    ]) {
      rmSync(path, { force: true });
      rmSync(fetchedFile(fetching.layout, fetching.digest));
      fetching.giver.asked.length = 0;
      spoil();
      await fetching.fetch(copies);
      assert.equal(fetching.content, content);
      assert.deepEqual(fetching.giver.asked, [[fetching.digest, 0]]);
      fetching.holds("");
    }
  });
}

test("tiny chunks are not gathered without end: each takes memory beside its bytes", async () => {
  const chunks = Array.from({ length: 2500 }, (_, n) => Buffer.of(n % 256));
  const gathered: (readonly Uint8Array[])[] = [];
  for await (const piece of pieces(chunks)) gathered.push(piece);
  assert.deepEqual(
    gathered.map(({ length }) => length),
    [1024, 1024, 452],
  );
  assert.deepEqual(Buffer.concat(gathered.flat()), Buffer.concat(chunks));
});

/** A content whose chunks, as those of a download by turns, are others as soon as the next but one is asked for. */
async function* byTurns(content: Buffer, chunk: number): AsyncGenerator<Buffer> {
  const given: Buffer[] = [];
  for (let at = 0; at < content.length; at += chunk) {
    if (given.length === 2) given.shift()?.fill(0);
    const next = Buffer.from(content.subarray(at, at + chunk));
    given.push(next);
    yield next;
  }
  if (given.length === 2) given.shift()?.fill(0);
}

for (const length of [PIECE_BYTES, 3 * PIECE_BYTES, 3 * PIECE_BYTES + 1000, 4 * PIECE_BYTES - 1, 1000])
  for (const chunk of [PIECE_BYTES, PIECE_BYTES + 1, PIECE_BYTES / 4 + 7])
    test(`of ${length} bytes by turns, in chunks of ${chunk}, each piece holds until the next but one is asked for`, async () => {
      const content = randomBytes(length);
      const came: Buffer[] = [];
      let before: Uint8Array | undefined;
      for await (const piece of gathered(byTurns(content, chunk))) {
        // The decompressor may still read the one before.
        if (before) assert.ok(came.at(-1)?.equals(before), `piece ${came.length} changed`);
        came.push(Buffer.from(piece));
        before = piece;
      }
      assert.ok(before === undefined || came.at(-1)?.equals(before));
      assert.ok(Buffer.concat(came).equals(content));
    });

describe("neighbours", () => {
  const contents = Array.from({ length: 12 }, (_, n) => `content ${n}\n`.repeat(n + 1));
  const tree = Object.fromEntries(contents.map((text, n) => [`opt/${String(n).padStart(2, "0")}`, text]));
  const digests = contents.map((text) => sha256(text));

  /** A server of one packet that sends bundles through `spoil`, in chunks of `step` bytes. */
  class Bundler extends Case {
    readonly app = this.giver.add("many", tree);
    spoil: (bundle: Buffer) => Buffer = (bundle) => bundle;
    step = 7;

    constructor() {
      super(SMALL);
      const plain = this.giver.bundle.bind(this.giver);
      this.giver.bundle = async (packet, run) => {
        const bytes = this.spoil(await buffer(await plain(packet, run)));
        const { step } = this;
        return (async function* () {
          for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
        })();
      };
    }

    override fetch(): Promise<number> {
      return fetchBlobs([this.app], this.parts, new Map());
    }

    isWhole(): void {
      for (const [n, digest] of digests.entries())
        assert.equal(readFileSync(fetchedFile(this.layout, digest), "utf8"), contents[n]);
      assert.equal(readdirSync(this.layout.fetched).length, digests.length);
    }

    get askedAlone(): readonly Digest[] {
      return this.giver.asked.map(([digest]) => digest);
    }
  }

  test("come in one stream, however it is cut into chunks", async () => {
    for (const step of [1, 2, 7, 100, 1 << 20]) {
      using fetching = new Bundler();
      fetching.step = step;
      await fetching.fetch();
      fetching.isWhole();
      assert.deepEqual(fetching.giver.bundles, [[fetching.app.digest, 12]]);
      assert.deepEqual(fetching.askedAlone, []);
    }
  });

  test("are those that are missing; one that has no neighbours is asked for by itself", async () => {
    using fetching = new Bundler();
    for (const n of [5, 7]) writeFileSync(fetchedFile(fetching.layout, digests[n] ?? ""), contents[n] ?? "");
    await fetching.fetch();
    fetching.isWhole();
    assert.deepEqual(
      fetching.giver.bundles.map(([, length]) => length),
      [5, 4],
    );
    assert.deepEqual(fetching.askedAlone, [digests[6]]);
  });

  test("that a cut stream did not bring are asked for one by one", async () => {
    const length = contents.join("").length;
    for (let end = 0; end < length; end += 13) {
      using fetching = new Bundler();
      fetching.spoil = (bundle) => bundle.subarray(0, end);
      await fetching.fetch();
      fetching.isWhole();
      const whole = contents.filter((_, n) => contents.slice(0, n + 1).join("").length <= end);
      assert.deepEqual(fetching.askedAlone, digests.slice(whole.length));
    }
  });

  test("are not believed when they are something else, nor what follows them", async () => {
    using fetching = new Bundler();
    const before = contents.slice(0, 6).join("").length;
    fetching.spoil = (bundle) => {
      bundle.write("X", before);
      return bundle;
    };
    await fetching.fetch();
    fetching.isWhole();
    assert.deepEqual(fetching.askedAlone, digests.slice(6));
  });

  test("are taken from a cache that sends more than was asked for", async () => {
    using fetching = new Bundler();
    fetching.spoil = (bundle) => Buffer.concat([bundle, Buffer.alloc(1000)]);
    await fetching.fetch();
    fetching.isWhole();
    assert.deepEqual(fetching.askedAlone, []);
  });
});

test("the download of a large content that was cut goes on where it stopped", async () => {
  using fetching = new Case(LARGE);
  const failure = new JamesError("SERVER_UNREACHABLE", "cut");
  fetching.giver.give = (bytes) => ({ bytes: bytes.subarray(0, 1_000_001), failure });
  await assert.rejects(fetching.fetch(), failure);
  fetching.holds(".part");
  assert.equal(bytesFetched(fetching.layout), 1_000_001);
  fetching.giver.give = (bytes) => ({ bytes });
  await fetching.fetch();
  assert.equal(fetching.content, LARGE);
  assert.deepEqual(
    fetching.giver.asked.map(([, offset]) => offset),
    [0, 1_000_001],
  );
});

test("what is held is hashed before the rest is asked for: a server does not wait for a slow device", async () => {
  /** A server that is asked too early spoils it. */
  class Impatient extends Giver {
    override async blob(digest: Digest, offset: number): Promise<AsyncIterable<Uint8Array>> {
      if (offset > 0) writeFileSync(`${fetchedFile(fetching.layout, digest)}.part`, Buffer.alloc(offset));
      return super.blob(digest, offset);
    }
  }
  using fetching = new Case(LARGE, new Impatient());
  writeFileSync(`${fetchedFile(fetching.layout, fetching.digest)}.part`, LARGE.slice(0, 500_000));
  await fetching.fetch();
  assert.deepEqual(fetching.giver.asked, [[fetching.digest, 500_000]]);
});

for (const coding of ["zstd", "br"] as const)
  describe(`a large content that the server has compressed as ${coding}`, () => {
    const compressed = COMPRESSED[coding];
    const partEnd = compressedPart({ file: "" }, coding);
    /** A server that has everything compressed. */
    class Compressor extends Giver {
      readonly offsets: number[] = [];

      override async compressedBlob(digest: Digest, { offset }: Held): Promise<BlobContent> {
        this.offsets.push(offset);
        const stored = compressed(this.blobs.get(digest) as Buffer);
        const { bytes, failure } = this.give(stored.subarray(offset));
        const content = (async function* () {
          for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
          if (failure) throw failure;
        })();
        return { coding, content };
      }
    }

    const TEXT = Array.from({ length: 20_000 }, (_, n) => `${sha256(`${n}`)}\n`).join("");
    const stored = compressed(TEXT).length;
    const cut = new JamesError("SERVER_UNREACHABLE", "cut");
    const open = (): Case & { giver: Compressor } =>
      new Case(TEXT, new Compressor()) as Case & { giver: Compressor };

    test("comes compressed", async () => {
      using fetching = open();
      await fetching.fetch();
      assert.equal(fetching.content, TEXT);
      fetching.holds("");
      assert.deepEqual([fetching.giver.offsets, fetching.giver.asked], [[0], []]);
    });

    test("goes on in compressed form where it was cut, after a new start too, and when only its end was missed", async () => {
      using fetching = open();
      const held: number[] = [];
      for (const upTo of [100_001, 100_000, stored]) {
        fetching.giver.give = (bytes) => ({ bytes: bytes.subarray(0, upTo), failure: cut });
        await assert.rejects(fetching.fetch(), cut);
        fetching.holds(partEnd);
        held.push(bytesFetched(fetching.layout));
        distrustFetched(fetching.layout);
      }
      fetching.giver.give = (bytes) => ({ bytes });
      await fetching.fetch();
      assert.equal(fetching.content, TEXT);
      fetching.holds("");
      assert.deepEqual(fetching.giver.offsets, [0, 100_000, 199_999, stored - 1]);
      assert.deepEqual(held, [100_001, 200_000, stored]);
    });

    test("is read as far as it is held before the rest is asked for", async () => {
      class Impatient extends Compressor {
        override async compressedBlob(digest: Digest, { offset, ...held }: Held): Promise<BlobContent> {
          if (offset > 0)
            writeFileSync(`${fetchedFile(fetching.layout, digest)}${partEnd}`, Buffer.alloc(offset));
          return super.compressedBlob(digest, { offset, ...held });
        }
      }
      using fetching = new Case(TEXT, new Impatient()) as Case & { giver: Impatient };
      writeFileSync(
        `${fetchedFile(fetching.layout, fetching.digest)}${partEnd}`,
        compressed(TEXT).subarray(0, 100_001),
      );
      await fetching.fetch();
      assert.deepEqual(fetching.giver.offsets, [100_000]);
    });

    test("comes whole when the server has it in another form than that of which something is held", async () => {
      using fetching = open();
      const part = `${fetchedFile(fetching.layout, fetching.digest)}${partEnd}`;
      writeFileSync(part, compressed(TEXT).subarray(0, 100_001));
      let closed = 0;
      fetching.giver.compressedBlob = async (digest, { offset }) => {
        fetching.giver.offsets.push(offset);
        const content = fetching.giver.blobs.get(digest) as Buffer;
        return {
          coding: undefined,
          content: (async function* () {
            try {
              for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
            } finally {
              closed += 1;
            }
          })(),
        };
      };
      await fetching.fetch();
      assert.equal(fetching.content, TEXT);
      fetching.holds("");
      assert.deepEqual(fetching.giver.offsets, [100_000, 0]);
      assert.equal(closed, 2, "no answer is left open");
    });

    test("comes anew when what was held of it is spoiled", async () => {
      using fetching = open();
      const part = `${fetchedFile(fetching.layout, fetching.digest)}${partEnd}`;
      for (const spoiled of [Buffer.alloc(5000, 255), compressed(TEXT.slice(1))]) {
        writeFileSync(part, spoiled);
        await fetching.fetch();
        assert.equal(fetching.content, TEXT);
        fetching.holds("");
        assert.deepEqual(fetching.giver.offsets.splice(0), [spoiled.length - 1, 0]);
        rmSync(fetchedFile(fetching.layout, fetching.digest));
      }
    });

    test("is refused when it is another one, is cut short, or is too long, and nothing is kept", async () => {
      using fetching = open();
      const wrongs = [
        compressed(TEXT.slice(1)),
        compressed(`${TEXT}x`),
        Buffer.alloc(99),
        compressed(TEXT).subarray(0, 9),
      ];
      for (const wrong of wrongs) {
        fetching.giver.give = () => ({ bytes: wrong });
        await assert.rejects(fetching.fetch(), (thrown: JamesError) =>
          /DIGEST_MISMATCH|UNREACHABLE/.test(thrown.code),
        );
        fetching.holds();
      }
    });

    const LONG = Buffer.concat([Buffer.from(TEXT), randomBytes(8_000_000)]);
    const leave = new Error("left");
    for (const [what, bytes, take, refused] of [
      ["is taken with what follows its end", Buffer.concat([compressed(TEXT), Buffer.alloc(8_000_000)])],
      ["is refused when it is too long by much", compressed(LONG), undefined, { code: "DIGEST_MISMATCH" }],
      [
        "that is left when much of it waits is not read on",
        compressed(LONG),
        async (content: AsyncIterable<Uint8Array>) => {
          for await (const _ of content) {
            await sleep(100);
            throw leave;
          }
        },
        leave,
      ],
    ] as const)
      test(`${what}, and no answer is left open`, { timeout: 120_000 }, async () => {
        using fetching = open();
        const [wanted] = wantedBlobs([fetching.packet], new Map(), fetching.layout);
        assert.ok(wanted);
        const ended = Promise.withResolvers<void>();
        let read = 0;
        fetching.giver.compressedBlob = async () => ({
          coding,
          content: (async function* () {
            try {
              for (; read < bytes.length; read += 16_384) yield bytes.subarray(read, read + 16_384);
            } finally {
              ended.resolve();
            }
          })(),
        });
        const fetched = fetchLarge(
          { ...wanted, size: take ? bytes.length : TEXT.length },
          fetching.giver,
          NEVER,
          take,
        );
        if (refused) await assert.rejects(fetched, refused);
        else await fetched;
        await ended.promise;
        assert.ok(read < bytes.length, "it is read to its end");
      });

    test("is taken when it became longer", async () => {
      using fetching = open();
      const noise = Buffer.from(Array.from({ length: 40_000 }, (_, n) => sha256(`${n}`)).join(""), "hex");
      assert.ok(compressed(noise).length > noise.length);
      const content = { size: noise.length, digest: sha256(noise) };
      const manifest = fetching.packet.manifest.map((entry) =>
        entry.type === "file" ? { ...entry, ...content } : entry,
      );
      fetching.giver.blobs.set(content.digest, noise);
      const packet = makePacket({ ...fetching.packet, manifest });
      await fetchBlobs([packet], fetching.parts, new Map());
      assert.deepEqual(readFileSync(fetchedFile(fetching.layout, content.digest)), noise);
    });

    test("that says nothing for ever is not read on, and nothing of it is kept", async () => {
      using fetching = open();
      let read = 0;
      const [head, silence] = SILENT[coding];
      fetching.giver.compressedBlob = async () => ({
        coding,
        content: (async function* () {
          yield Buffer.from(head);
          for (;;) {
            read += silence.length;
            assert.ok(read < 4 * TEXT.length, "it is read for ever");
            yield silence;
          }
        })(),
      });
      const isMismatch = (thrown: JamesError): boolean => thrown.code === "DIGEST_MISMATCH";
      await assert.rejects(fetching.fetch(), isMismatch);
      fetching.holds();
      // Nor when it is what was held already.
      const part = `${fetchedFile(fetching.layout, fetching.digest)}${partEnd}`;
      read = 0;
      writeFileSync(part, compressed(TEXT).subarray(0, 5000));
      await assert.rejects(fetching.fetch(), isMismatch);
      fetching.holds();
    });

    test("is taken as it is from a server that does not have it compressed any more", async () => {
      using fetching = open();
      fetching.giver.give = (bytes) => ({ bytes: bytes.subarray(0, 50_000), failure: cut });
      await assert.rejects(fetching.fetch(), cut);
      fetching.giver.give = (bytes) => ({ bytes });
      fetching.giver.compressedBlob = async (digest) => ({
        coding: undefined,
        content: await fetching.giver.blob(digest, 0),
      });
      await fetching.fetch();
      assert.equal(fetching.content, TEXT);
      fetching.holds("");
    });
  });

test("a large content that comes in another coding than it began in comes whole, and nothing of the other stays", async () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `${sha256(`${n}`)}\n`).join("");
  for (const [held, coding] of [
    ["br", "zstd"],
    ["zstd", "br"],
  ] as const) {
    using fetching = new Case(text);
    const asked: Held[] = [];
    fetching.giver.compressedBlob = async (_, wanted) => {
      asked.push(wanted);
      return {
        coding,
        content: (async function* () {
          yield COMPRESSED[coding](text);
        })(),
      };
    };
    const file = fetchedFile(fetching.layout, fetching.digest);
    writeFileSync(compressedPart({ file }, held), COMPRESSED[held](text).subarray(0, 1001));
    await fetching.fetch();
    assert.equal(fetching.content, text);
    fetching.holds("");
    assert.deepEqual(asked, [{ offset: 1000, coding: held }, NOTHING]);
  }
});

test("the part of a large content that a power cut spoiled is thrown away once the whole shows it", async () => {
  using fetching = new Case(LARGE);
  writeFileSync(`${fetchedFile(fetching.layout, fetching.digest)}.part`, Buffer.alloc(500_000));
  await fetching.fetch();
  assert.equal(fetching.content, LARGE);
  assert.deepEqual(
    fetching.giver.asked.map(([, offset]) => offset),
    [500_000, 0],
  );
});

test("many files are installed, on a device without sync(1) as well", async () => {
  const path = process.env.PATH;
  try {
    for (const search of [path, "/nonexistent"]) {
      process.env.PATH = search;
      using bench = new Bench();
      const shelf = new Shelf();
      const tree = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`opt/${n}`, `${n}\n`] as const));
      const app = shelf.add("app", tree);
      const device = await bench.open();
      const { outcome } = await device.carryOut(planFor([], [app], shelf), shelf, NEVER);
      assert.equal(outcome, "committed");
      assert.equal(Object.keys(readTree(bench.root)).length, 301);
    }
  } finally {
    process.env.PATH = path;
  }
});
