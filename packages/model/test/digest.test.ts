import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  appsDigest,
  canonicalJson,
  digestOf,
  isAuthentic,
  isDigest,
  makePacket,
  type NewPacket,
  packetOfText,
  sha256,
  stateDigest,
} from "@jamesd/model";
import fc from "fast-check";
import { apps, content, shuffled, tags } from "./arbitraries.ts";

// Rebuilds every object with its keys the other way round.
function upsideDown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(upsideDown);
  if (value === null || typeof value !== "object") return value;
  const pairs = Object.entries(value).map(([key, inner]) => [key, upsideDown(inner)] as const);
  return Object.fromEntries(pairs.toReversed());
}

describe("canonical JSON", () => {
  test("keys are sorted by code unit at every depth, without white space", () => {
    assert.equal(
      canonicalJson({ b: [{ d: 1, c: null }], a: "é", B: true, ä: 1 }),
      '{"B":true,"a":"é","b":[{"c":null,"d":1}],"ä":1}',
    );
  });

  test("what is undefined is left out; the order of a list stays", () => {
    assert.equal(canonicalJson({ a: undefined, b: [2, 1] }), '{"b":[2,1]}');
  });

  test("law: it says the same as JSON, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(upsideDown(value)), text);
      }),
    );
  });
});

describe("digests", () => {
  test("a SHA-256 is the one of the standard, in 64 small digits", () => {
    // FIPS 180-4's own example.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(sha256("abc"), abc);
    assert.equal(sha256(Buffer.from("abc")), abc);
    assert.ok(isDigest(abc));
    for (const wrong of [abc.toUpperCase(), abc.slice(1), `${abc}0`, `${abc}\n`, "", `g${abc.slice(1)}`])
      assert.ok(!isDigest(wrong), JSON.stringify(wrong));
  });

  test("the kind keeps digests of different nouns apart", () => {
    assert.notEqual(digestOf("a", {}), digestOf("b", {}));
  });

  test("a packet's digest stays what it is: devices and servers of other versions know packets by it", () => {
    const manifest = [
      { type: "file", path: "a", mode: 0o644, uid: 0, gid: 0, size: 3, digest: sha256("abc") },
    ];
    const packet = makePacket({ name: "p", tags: ["v1"], scripts: {}, manifest } as NewPacket);
    const text = `{"manifest":[{"digest":"${sha256("abc")}","gid":0,"mode":420,"path":"a","size":3,"type":"file","uid":0}],"name":"p","scripts":{},"tags":["v1"]}`;
    assert.equal(packet.digest, sha256(`jamesd-packet-v1\n${text}`));
  });

  test("law: neither the order of tags and entries nor a repeated tag changes a packet", () => {
    const twice = content.chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.record({
          tags: shuffled(one.tags).map((order) => [...order, ...order]),
          manifest: shuffled(one.manifest),
        }),
      ),
    );
    fc.assert(
      fc.property(twice, ([one, other]) => {
        const packet = makePacket(one);
        assert.deepEqual(makePacket({ ...one, ...other }), packet);
        assert.ok(isAuthentic({ ...packet, ...other }));
      }),
    );
  });

  test("law: a packet whose manifest is there as text is the same packet, and no other text is", () => {
    const odd = fc.array(fc.constantFrom('"manifest":[]', "a", "etc/x"), { maxLength: 3 });
    fc.assert(
      fc.property(content, odd, (one, conffiles) => {
        const packet = makePacket({ ...one, conffiles });
        const text = canonicalJson(packet.manifest);
        assert.deepEqual(packetOfText(packet, Buffer.from(text)), packet);
        assert.notEqual(packetOfText(packet, Buffer.from(`${text} `)).digest, packet.digest);
      }),
    );
  });

  test("law: packets that differ in anything have different digests", () => {
    fc.assert(
      fc.property(content, content, (one, other) => {
        const [a, b] = [makePacket(one), makePacket(other)];
        const same = canonicalJson({ ...a, digest: "" }) === canonicalJson({ ...b, digest: "" });
        assert.equal(a.digest === b.digest, same);
      }),
    );
  });

  test("law: a packet with any field changed is not authentic", () => {
    const anywhere = content.filter(({ manifest }) => manifest.length > 0);
    fc.assert(
      fc.property(anywhere, fc.nat(), fc.nat(), (one, which, field) => {
        const packet = makePacket(one);
        const at = which % packet.manifest.length;
        const manifest = packet.manifest.map((entry, i) => (i === at ? changed(entry, field) : entry));
        const changes = [
          { name: `${packet.name}x` },
          { tags: [...packet.tags, "more"] },
          { scripts: { ...packet.scripts, prerm: { digest: sha256("evil"), size: 1 } } },
          { manifest },
          { manifest: packet.manifest.slice(1) },
        ];
        for (const change of changes)
          assert.ok(!isAuthentic({ ...packet, ...change }), JSON.stringify(change));
      }),
    );
  });

  test("law: a state is named alike whatever the order of its apps and tags, and else not", () => {
    const twice = fc.tuple(tags, apps).chain(([systemtags, list]) =>
      fc.tuple(
        fc.constant({ systemtags, apps: list }),
        fc.record({
          systemtags: shuffled(systemtags),
          apps: shuffled(list.map((app) => ({ ...app, tags: app.tags.toReversed() }))),
        }),
      ),
    );
    fc.assert(
      fc.property(twice, tags, apps, ([one, other], more, others) => {
        assert.equal(stateDigest(other), stateDigest(one));
        assert.equal(appsDigest(other.apps), appsDigest(one.apps));
        for (const app of others) {
          const retagged = others.map((other) =>
            other === app ? { ...app, tags: [...app.tags, "more"] } : other,
          );
          assert.notEqual(appsDigest(retagged), appsDigest(others));
        }
        const key = (list: typeof others) =>
          list
            .map((app) => `${app.name} ${app.digest} ${app.tags.toSorted()}`)
            .sort()
            .join("|");
        assert.equal(appsDigest(others) === appsDigest(one.apps), key(others) === key(one.apps));
        const same = `${more.toSorted()}` === `${one.systemtags.toSorted()}`;
        assert.equal(stateDigest({ ...one, systemtags: more }) === stateDigest(one), same);
      }),
    );
  });
});

function changed<T extends object>(entry: T, which: number): T {
  const fields = Object.entries(entry).filter(([key]) => key !== "type");
  const [key, value] = fields[which % fields.length] ?? ["path", ""];
  return { ...entry, [key]: typeof value === "number" ? value + 1 : `${value}x` };
}
