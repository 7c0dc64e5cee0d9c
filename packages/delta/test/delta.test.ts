import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { APART, MAX_TOGETHER, PLAIN, TOGETHER } from "../src/format.ts";
import {
  applyDelta,
  type DeltaBase,
  type DeltaSource,
  denseText,
  joinPair,
  makeDelta,
  plainText,
  splitPair,
} from "../src/index.ts";

function baseOf(bytes: Uint8Array): DeltaBase {
  return {
    size: bytes.length,
    read(position, into) {
      assert.ok(position >= 0 && position + into.length <= bytes.length, "only what is there is asked for");
      into.set(bytes.subarray(position, position + into.length));
    },
  };
}

function sourceOf(bytes: Uint8Array): DeltaSource {
  return {
    size: bytes.length,
    async *slice(start, end) {
      for (let at = start; at < end; at += 1000) yield bytes.subarray(at, Math.min(end, at + 1000));
    },
  };
}

async function applied(delta: Uint8Array, base: Uint8Array, size: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of applyDelta(sourceOf(delta), baseOf(base), size)) {
    assert.ok(piece.length <= 64 * 1024);
    pieces.push(Uint8Array.from(piece));
  }
  return Buffer.concat(pieces);
}

async function turns(base: Uint8Array, target: Uint8Array): Promise<Uint8Array> {
  const delta = makeDelta(base, target);
  assert.deepEqual(await applied(delta, base, target.length), Buffer.from(target));
  return delta;
}

const invalid = (thrown: unknown): boolean => thrown instanceof JamesError && thrown.code === "DELTA_INVALID";

/** Bytes of few values, so that stretches repeat. */
const bytes = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.uint8Array({ maxLength: 600 }))
  .map(([values, drawn]) => drawn.map((value) => value % values));

/** What editors and compilers do to bytes. */
const edits = fc.array(
  fc.record({
    kind: fc.constantFrom("replace", "insert", "delete", "move"),
    at: fc.nat(),
    to: fc.nat(),
    length: fc.integer({ min: 1, max: 200 }),
    value: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
  { maxLength: 12 },
);
type Edit = typeof edits extends fc.Arbitrary<readonly (infer E)[]> ? E : never;

function edited(bytes: Buffer, { kind, at, to, length, value }: Edit): Buffer {
  const from = at % (bytes.length + 1);
  const [before, cut, after] = [
    bytes.subarray(0, from),
    bytes.subarray(from, from + length),
    bytes.subarray(from + length),
  ];
  if (kind === "insert") return Buffer.concat([before, value, cut, after]);
  if (kind === "delete") return Buffer.concat([before, after]);
  if (kind === "replace") return Buffer.concat([before, value, after]);
  const rest = Buffer.concat([before, after]);
  const target = to % (rest.length + 1);
  return Buffer.concat([rest.subarray(0, target), cut, rest.subarray(target)]);
}

describe("a delta", () => {
  test("turns any base into any target", async () => {
    await fc.assert(fc.asyncProperty(bytes, bytes, async (base, target) => void (await turns(base, target))));
  });

  test("turns a base into an edited one", async () => {
    const seed = randomBytes(3000);
    await fc.assert(
      fc.asyncProperty(edits, async (list) => void (await turns(seed, list.reduce(edited, seed)))),
    );
  });

  test("that is small gives a target that is large, piece by piece", async () => {
    const delta = await turns(new Uint8Array(0), Buffer.alloc(3_000_000, 7));
    assert.equal(delta[0], APART);
    assert.ok(delta.length < 1000, `${delta.length} bytes`);
  });

  test("turns large bases, with pieces that move and addresses that shift", async () => {
    const base = randomBytes(3_000_000);
    const target = Buffer.concat([
      base.subarray(2_000_000),
      randomBytes(100_000),
      base.subarray(0, 1_900_000),
    ]);
    for (let at = 0; at < target.length - 4; at += 97)
      target.writeUInt32LE((target.readUInt32LE(at) + 64) >>> 0, at);
    const delta = await turns(base, target);
    assert.ok(delta.length < 200_000, `${delta.length} bytes`);
  });

  test("is small when little changed, and the same each time", async () => {
    const base = randomBytes(1_000_000);
    const target = Buffer.from(base);
    for (let i = 0; i < 10; i += 1) target[i * 99_000] = (target[i * 99_000] as number) ^ 0x55;
    const delta = await turns(base, target);
    assert.ok(delta.length < 120, `${delta.length} bytes`);
    assert.deepEqual(makeDelta(base, target), delta);
    assert.ok((await turns(base, base)).length < 30);
    const text = Buffer.from("# a line of a configuration file\n".repeat(60));
    assert.ok((await turns(text, Buffer.concat([text, Buffer.from("port 1195\n")]))).length < 30);
    const port = Buffer.from(text);
    port.write("7", 1000);
    assert.ok((await turns(text, port)).length <= 20);
  });

  const text = Buffer.from("# a line of a configuration file\n".repeat(100));
  const noise = randomBytes(5000);
  const moved = { kind: "move", at: 100, to: 3000, length: 150, value: Uint8Array.of(1) } as const;
  for (const [form, base, target] of [
    [PLAIN, noise, edited(Buffer.concat([noise, randomBytes(500)]), moved)],
    [
      TOGETHER,
      text,
      Buffer.from(text.toString().replaceAll("of a", (_, at: number) => `of the ${at % 7}th`)),
    ],
    [APART, text, Buffer.concat([Buffer.from("0123456789".repeat(MAX_TOGETHER / 8)), text])],
  ] as const)
    test(`in form ${form} that was cut or changed gives an error or bytes, and never more than was asked for`, async () => {
      const delta = await turns(base, target);
      assert.equal(delta[0], form);
      const outcome = (damaged: Uint8Array) =>
        applied(damaged, base, target.length).then(
          ({ length }) => assert.equal(length, target.length),
          (thrown) => assert.ok(invalid(thrown), String(thrown)),
        );
      for (let length = 0; length < delta.length; length += 7) await outcome(delta.subarray(0, length));
      for (let at = 0; at < delta.length; at += 1) {
        const damaged = Uint8Array.from(delta);
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        await outcome(damaged);
      }
      const bytes = fc.uint8Array({ maxLength: 60 });
      await fc.assert(fc.asyncProperty(bytes, (rest) => outcome(Uint8Array.of(form, ...rest))));
    });
});

describe("the dense text of a packet", () => {
  const digest = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((raw) => Buffer.from(raw).toString("hex"));
  const json = fc
    .array(
      fc.oneof(
        digest,
        fc.string({ unit: "binary" }),
        digest.map((hex) => `"${hex}"`),
      ),
    )
    .map((list) => JSON.stringify(list));

  test("gives the text back, and is shorter by half of each digest", () => {
    fc.assert(fc.property(json, (text) => void assert.equal(plainText(denseText(text)), text)));
    const one = JSON.stringify({ digest: "0f".repeat(32), name: "ü" });
    assert.equal(denseText(one).length, Buffer.byteLength(one) - 33);
  });
});

describe("a pair of deltas", () => {
  test("is taken apart as it was put together", async () => {
    const [first, second] = [randomBytes(300), randomBytes(5)];
    const parts = await splitPair(sourceOf(joinPair(first, second)));
    const read = async (part: DeltaSource) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of part.slice(0, part.size)) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    assert.deepEqual(await Promise.all(parts.map(read)), [first, second]);
    assert.equal((await read({ size: 2, slice: parts[1].slice })).length, 2);
  });

  test("that is cut is refused, or its parts are", async () => {
    await assert.rejects(splitPair(sourceOf(Buffer.alloc(0))), invalid);
    await assert.rejects(splitPair(sourceOf(Buffer.alloc(20, 255))), invalid);
    const [first] = await splitPair(sourceOf(Buffer.from([100, 1, 2])));
    assert.equal(first.size, 2);
  });
});

describe("a hostile delta", () => {
  /** A delta of these streams in each form. */
  const deltasOf = (
    control: number[],
    runs: number[] = [],
    differences: number[] = [],
    literals: number[] = [],
    size = 10,
  ): readonly Buffer[] => {
    const plain = [control, runs, differences, literals].map((stream) => Uint8Array.from(stream));
    const compressed = plain.map((stream) => brotliCompressSync(stream));
    const all = Buffer.concat(plain);
    const delta = (form: number, streams: readonly Uint8Array[], body: Uint8Array): Buffer => {
      const lengths = streams
        .slice(0, 3)
        .flatMap(({ length }) => (length < 128 ? [length] : [(length % 128) + 128, length >> 7]));
      return Buffer.concat([Uint8Array.of(form, size, ...lengths), body]);
    };
    return [
      delta(APART, compressed, Buffer.concat(compressed)),
      delta(TOGETHER, plain, brotliCompressSync(all)),
      delta(PLAIN, plain, all),
    ];
  };
  const base = Buffer.from("0123456789");
  const refused = (name: string, deltas: readonly Uint8Array[], why: RegExp, size = 10) =>
    test(`${name} is refused`, async () => {
      for (const delta of deltas)
        await assert.rejects(
          applied(delta, base, size),
          (thrown: Error) => invalid(thrown) && why.test(thrown.message),
        );
    });

  test("of the right form is none", async () => {
    for (const delta of deltasOf([4, 2, 2, 2, 0, 6], [3, 1, 2], [1], [65, 66], 8))
      assert.equal((await applied(delta, base, 8)).toString(), "1235AB89");
  });
  refused("that reaches before the base", deltasOf([1, 0, 1], [1]), /beyond the base/);
  refused("that reaches behind the base", deltasOf([1, 0, 20], [1]), /beyond the base/);
  refused("that copies too far", deltasOf([10, 0, 2], [10]), /beyond the base/);
  refused(
    "that gives more than was asked for",
    deltasOf([0, 200, 1, 0], [], [], Array(200).fill(65)),
    /too much/,
  );
  refused("that says that it gives more", deltasOf([10, 0, 0], [10], [], [], 11), /too much/);
  refused("that gives less", deltasOf([5, 0, 0], [5]), /too little/);
  refused("with an empty stretch", deltasOf([0, 0, 0]), /stretch is empty/);
  refused("with empty runs", deltasOf([10, 0, 0], [1, 0, 0, 0]), /run is empty/);
  refused("without enough runs", deltasOf([10, 0, 0], [5]), /ends in the middle/);
  refused("without enough differences", deltasOf([10, 0, 0], [0, 10], [1]), /ends in the middle/);
  refused("without enough literals", deltasOf([0, 10, 0], [], [], [65]), /ends in the middle/);
  refused("with a number that is too large", deltasOf([255, 255, 255, 255, 255, 255, 255, 127]), /too large/);
  refused("of another format", [Buffer.from([4, 10, 1, 1, 1])], /format/);
  refused("that is empty", [Buffer.alloc(0)], /format/);
  refused(
    "whose streams are longer than itself",
    [Buffer.from([APART, 10, 100, 100, 100]), Buffer.from([PLAIN, 10, 1, 1, 1, 0])],
    /cut/,
  );
  refused(
    "that decompresses to more than a device holds",
    [
      Buffer.concat([
        Uint8Array.of(TOGETHER, 10, 1, 1, 1),
        brotliCompressSync(Buffer.alloc(MAX_TOGETHER + 1)),
      ]),
    ],
    /cannot be decompressed/,
  );
  refused(
    "that is longer than a device holds",
    [Buffer.concat([Uint8Array.of(PLAIN, 10, 1, 1, 1), Buffer.alloc(MAX_TOGETHER + 1)])],
    /too long/,
  );
});
