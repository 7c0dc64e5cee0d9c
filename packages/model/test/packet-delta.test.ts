import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alikeText,
  type Content,
  deltaContents,
  type Entry,
  makePacket,
  type Packet,
  packetContents,
  packetFromText,
  packetText,
} from "@jamesd/model";
import fc from "fast-check";
import { content } from "./arbitraries.ts";

/** As it comes from its text. */
const packet: fc.Arbitrary<Packet> = content.map((one) =>
  makePacket(JSON.parse(packetText(makePacket(one)))),
);

/** Two versions: some entries, name and scripts of one are the other's. */
const versions = fc
  .tuple(packet, packet, fc.array(fc.boolean(), { maxLength: 8 }), fc.boolean())
  .map(([old, other, taken, isNamedSo]): readonly [Packet, Packet] => {
    const paths = new Set(other.manifest.map(({ path }) => path));
    const alike = old.manifest.filter(({ path }, at) => taken[at] && !paths.has(path));
    const named = isNamedSo ? { name: old.name, scripts: old.scripts } : {};
    return [old, makePacket({ ...other, ...named, manifest: [...other.manifest, ...alike] })];
  });

test("law: a delta makes what only the new packet has of what only the old one has, but for what people edit", () => {
  const digestsOf = (contents: Iterable<Content>) => [...contents].map(({ digest }) => digest);
  fc.assert(
    fc.property(versions, ([old, next]) => {
      const [before, after] = [packetContents(old), packetContents(next)];
      const edited = old.manifest.flatMap((entry) =>
        entry.type === "file" && old.conffiles.includes(entry.path) ? entry.digest : [],
      );
      const isFilled = ({ size }: Content) => size > 0;
      // Of one content there may be sizes of any kind here: it is not filled where one says so.
      const { base, target } = deltaContents(old, next);
      const wantedBase = [...before.values()].filter(
        ({ digest }) => !after.has(digest) && !edited.includes(digest),
      );
      const wantedTarget = [...after.values()].filter(({ digest }) => !before.has(digest));
      assert.deepEqual(digestsOf(base), digestsOf(wantedBase.filter(isFilled)));
      assert.deepEqual(digestsOf(target), digestsOf(wantedTarget.filter(isFilled)));
    }),
    { numRuns: 500 },
  );
});

test("law: of the text of a packet that is read beside another one's, what is alike is that one's very entries", () => {
  fc.assert(
    fc.property(versions, ([old, next]) => {
      const alike = alikeText(packetText(next), { packet: old, text: packetText(old) });
      const rest = JSON.parse(alike?.rest ?? "null");
      const manifest = alike?.manifestWith(rest.manifest) ?? [];
      assert.deepEqual(manifest, next.manifest);
      assert.deepEqual({ ...rest, manifest: [] }, { ...JSON.parse(packetText(next)), manifest: [] });
      const known = new Map(old.manifest.map((entry) => [JSON.stringify(entry), entry]));
      for (const entry of manifest) {
        const one = known.get(JSON.stringify(entry));
        if (one) assert.equal(entry, one);
      }
    }),
    { numRuns: 500 },
  );
});

test("texts that look like the seams of a packet's text are no seams", () => {
  const file = (path: string, size: number): Entry => {
    return { type: "file", path, mode: 0o644, uid: 0, gid: 0, size, digest: "0".repeat(64) };
  };
  const paths = ["a},{", 'b},{"x', '],"name":', 'c"manifest":[', 'd"path":"', "e\\", "f\u2028\uD7FF", "g"];
  const link: Entry = { type: "symlink", path: "h", target: '},{"gid":0', uid: 0, gid: 0 };
  const made = (...sizes: readonly number[]) =>
    makePacket({
      ...{ name: "seams", tags: [], scripts: {}, conffiles: paths.slice(0, 4) },
      manifest: [...paths.map((path, at) => file(path, sizes[at] ?? 1)), link],
    });
  const old = made();
  for (const at of paths.keys()) {
    const next = made(...paths.map((_, index) => (index === at ? 2 : 1)));
    const alike = alikeText(packetText(next), { packet: old, text: packetText(old) });
    const { manifest } = JSON.parse(alike?.rest ?? "null");
    assert.deepEqual(manifest, [file(paths[at] ?? "", 2)]);
    assert.deepEqual(alike?.manifestWith(manifest), next.manifest);
  }
  for (const text of ["", "{}", '{"manifest":[', "null", '],"name":"manifest":['])
    assert.equal(alikeText(text, { packet: old, text: packetText(old) }), undefined);
});

test("law: a packet is read from its own text, and from no other", () => {
  fc.assert(
    fc.property(packet, fc.nat(), (one, where) => {
      const text = packetText(one);
      assert.deepEqual(packetFromText(text, one.digest), one);
      const at = where % text.length;
      assert.equal(packetFromText(`${text.slice(0, at)} ${text.slice(at)}`, one.digest), undefined);
    }),
  );
});
