import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readArchive } from "@jamesd/archive";
import { writeMembers } from "@jamesd/archive/write";
import { checkExport, OpenFile } from "@jamesd/carry";
import { type Digest, JamesError, makePacket, type Packet, SCRIPT_NAMES, sha256 } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import { IS_WHOLE, seedFor, sweepTest } from "@jamesd/testkit";
import fc from "fast-check";
import { exportMembers } from "../../src/export-file/members.ts";
import { StoredPackets } from "../../src/export-file/stored-packets.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "jamesd-ctl-"));
});
after(() => rmSync(folder, { recursive: true }));

interface Made {
  readonly packets: readonly Packet[];
  readonly contents: ReadonlyMap<Digest, Uint8Array>;
}

// Few different contents, so that packets and scripts often share them.
const content = fc.oneof(fc.constantFrom("", "same", "x".repeat(513)), fc.string({ maxLength: 3000 }));
const owner = { uid: fc.constantFrom(0, 1000, 3_000_000), gid: fc.constant(0) };
const entry = fc.oneof(
  fc.record({
    type: fc.constant("file" as const),
    mode: fc.integer({ min: 0, max: 0o1777 }),
    content,
    ...owner,
  }),
  fc.record({ type: fc.constant("directory" as const), mode: fc.integer({ min: 0, max: 0o7777 }), ...owner }),
  fc.record({ type: fc.constant("symlink" as const), target: fc.constantFrom("a", "/b"), ...owner }),
);
const packet = fc.record({
  entries: fc.array(entry, { maxLength: 5 }),
  scripts: fc.dictionary(fc.constantFrom(...SCRIPT_NAMES), content),
  conffile: fc.boolean(),
});
const made: fc.Arbitrary<Made> = fc.array(packet, { minLength: 1, maxLength: 4 }).map((drafts) => {
  const contents = new Map<Digest, Uint8Array>();
  const keep = (text: string) => {
    const bytes = Buffer.from(text);
    contents.set(sha256(bytes), bytes);
    return { digest: sha256(bytes), size: bytes.length };
  };
  const packets = drafts.map(({ entries, scripts, conffile }, i) => {
    const manifest = entries.map((draft, at) => {
      const path = `${"long".repeat(at * 12)}entry-${at}`;
      if (draft.type !== "file") return { ...draft, path };
      const { content: text, ...rest } = draft;
      return { ...rest, path, ...keep(text) };
    });
    const kept = Object.entries(scripts).map(([name, text]) => [name, keep(text)]);
    const conffiles = conffile ? manifest.flatMap(({ type, path }) => (type === "file" ? path : [])) : [];
    return makePacket({
      ...{ name: `app-${i}`, tags: ["v1"], manifest, conffiles },
      scripts: Object.fromEntries(kept),
    });
  });
  return { packets, contents };
});

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function exported({ packets, contents }: Made): Promise<Buffer> {
  const source = {
    packet: async (digest: Digest) => packets.find((known) => known.digest === digest) as Packet,
    async *blob({ digest }: { digest: Digest }) {
      yield contents.get(digest) ?? Buffer.alloc(0);
    },
  };
  const infos = packets.map(({ digest }) => ({ digest }) as PacketInfo);
  return collect(writeMembers(exportMembers(infos, source, new Date(0)), new Date(0)));
}

async function opened<T>(bytes: Buffer, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const path = join(folder, "export");
  writeFileSync(path, bytes);
  await using file = await OpenFile.open(path, new AbortController().signal);
  return await use(file);
}

/** Checks a file and gives what an import would use of it: the archive and the scripts of every packet. */
function check(bytes: Buffer): Promise<readonly unknown[]> {
  return opened(bytes, async (file) => {
    const stored = new StoredPackets(file, await checkExport(file, () => undefined));
    const used: unknown[] = [];
    for (const place of stored.places) {
      const found = await stored.packet(place);
      used.push(found, (await stored.upload(found)).digest, await stored.scripts(found));
    }
    return used;
  });
}

test("what is exported comes back: packets, scripts, and archives that make the same packets", () =>
  fc.assert(
    fc.asyncProperty(made, async (given) => {
      await opened(await exported(given), async (file) => {
        const stored = new StoredPackets(file, await checkExport(file, () => undefined));
        assert.deepEqual(
          stored.places.map(({ digest }) => digest),
          given.packets.map(({ digest }) => digest),
        );
        for (const place of stored.places) {
          const found = await stored.packet(place);
          assert.equal(makePacket(found).digest, place.digest);
          const { open, digest, size } = await stored.upload(found);
          const tar = await collect(open(0));
          assert.deepEqual([sha256(tar), tar.length], [digest, size]);
          const manifest = await readArchive(open(0), {
            file: async (bytes) => {
              const whole = await collect(bytes);
              return { digest: sha256(whole), size: whole.length };
            },
          });
          assert.equal(makePacket({ ...found, manifest }).digest, place.digest);
          for (const [name, text] of Object.entries(await stored.scripts(found)))
            assert.equal(
              sha256(Buffer.from(text ?? "", "base64")),
              found.scripts[name as keyof typeof found.scripts]?.digest,
            );
        }
      });
    }),
  ));

test("an upload can be gone on with anywhere", () =>
  fc.assert(
    fc.asyncProperty(made, fc.nat(), async (given, at) => {
      await opened(await exported(given), async (file) => {
        const stored = new StoredPackets(file, await checkExport(file, () => undefined));
        const [place] = stored.places;
        assert.ok(place);
        const { open, size } = await stored.upload(await stored.packet(place));
        const start = at % (size + 1);
        assert.deepEqual(await collect(open(start)), (await collect(open(0))).subarray(start));
      });
    }),
  ));

const isInvalid = (error: unknown) => error instanceof JamesError && error.code === "EXPORT_INVALID";

test("a file that was cut anywhere is refused", () =>
  fc.assert(
    fc.asyncProperty(made, fc.nat(), async (given, at) => {
      const bytes = await exported(given);
      await assert.rejects(check(bytes.subarray(0, at % bytes.length)), isInvalid);
    }),
  ));

sweepTest("a changed byte is noticed anywhere, or changes nothing that is used", {}, () =>
  fc.assert(
    fc.asyncProperty(made, fc.nat(), fc.integer({ min: 1, max: 255 }), async (given, at, flip) => {
      const bytes = await exported(given);
      const used = await check(bytes);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
      const found = await check(bytes).catch((error: unknown) => {
        assert.ok(isInvalid(error), String(error));
      });
      if (found) assert.deepEqual(found, used);
    }),
    { numRuns: IS_WHOLE ? 500 : 100, seed: seedFor("changed bytes") },
  ),
);

test("a script that no server takes is refused", async () => {
  const script = Buffer.alloc(3 * 1024 * 1024 + 1, "#");
  const content = { digest: sha256(script), size: script.length };
  const long = makePacket({ name: "a", tags: [], scripts: { prerm: content }, manifest: [] });
  const bytes = await exported({ packets: [long], contents: new Map([[content.digest, script]]) });
  await assert.rejects(check(bytes), isInvalid);
});

test("a content that changes after the check is not sent", async () => {
  const bytes = await exported({
    packets: [
      makePacket({
        ...{ name: "a", tags: [], scripts: {} },
        manifest: [{ path: "f", type: "file", mode: 0o644, uid: 0, gid: 0, size: 3, digest: sha256("abc") }],
      }),
    ],
    contents: new Map([[sha256("abc"), Buffer.from("abc")]]),
  });
  await opened(bytes, async (file) => {
    const stored = new StoredPackets(file, await checkExport(file, () => undefined));
    const [place] = stored.places;
    assert.ok(place);
    const found = await stored.packet(place);
    writeFileSync(file.path, bytes.toString("latin1").replace("abc", "abd"), "latin1");
    await assert.rejects(
      stored.upload(found),
      (error) => error instanceof JamesError && error.code === "DIGEST_MISMATCH",
    );
  });
});
