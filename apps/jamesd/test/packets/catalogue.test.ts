import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "@jamesd/model";
import type { PacketInfo } from "@jamesd/protocol";
import fc from "fast-check";
import { Catalogue } from "../../src/packets/catalogue.ts";

function info(name: string, sequence: number): PacketInfo {
  const common = { tags: [], scripts: [], files: 0, size: 0, uploaded: 0, author: "olga" };
  return { ...common, name, sequence, digest: sha256(String(sequence)) };
}

test("law: it finds by name and by digest what was added and not removed, and nothing else", () => {
  const uploads = fc.array(
    fc.record({ name: fc.constantFrom("a", "b", "constructor", "__proto__"), removed: fc.boolean() }),
  );
  fc.assert(
    fc.property(uploads, (list) => {
      const packets = list.map(({ name }, i) => info(name, i + 1));
      const catalogue = new Catalogue(packets);
      for (const [i, packet] of packets.entries()) if (list[i]?.removed) catalogue.remove(packet.digest);
      const left = packets.filter((_, i) => !list[i]?.removed);
      assert.deepEqual(catalogue.newestFirst(), left.toReversed());
      for (const packet of packets)
        assert.equal(catalogue.get(packet.digest), left.includes(packet) ? packet : undefined);
      for (const name of ["a", "b", "c", "constructor", "__proto__", "toString"])
        assert.deepEqual(
          [...catalogue.named(name)].map(({ digest }) => digest),
          left.filter((packet) => packet.name === name).map(({ digest }) => digest),
        );
    }),
  );
});

test("adding a packet again and removing an unknown one change nothing", () => {
  const catalogue = new Catalogue([info("a", 1)]);
  catalogue.add(info("a", 1));
  catalogue.remove(sha256("?"));
  assert.equal(catalogue.newestFirst().length, 1);
  assert.equal([...catalogue.named("a")].length, 1);
});
