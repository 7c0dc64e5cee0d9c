import assert from "node:assert/strict";
import { test } from "node:test";
import { comparePackets, type Entry, isSelected, makePacket, parseSelector } from "@jamesd/model";
import fc from "fast-check";
import { attentionOf } from "../src/logic/attention.ts";
import { tableOf } from "../src/logic/device-table.ts";
import { matching } from "../src/logic/filter/match.ts";
import { parseFilter } from "../src/logic/filter/parse.ts";
import { wholePacket } from "../src/logic/packet.ts";
import { differenceText } from "../src/logic/packet-difference.ts";
import { sizeText } from "../src/logic/size.ts";
import { filterOf, specsWanting } from "../src/logic/specs.ts";

const file = (path: string, size: number): Entry => ({
  type: "file",
  path,
  size,
  mode: 0o644,
  uid: 0,
  gid: 0,
  digest: `${size}`,
});
const packet = (...manifest: Entry[]) => makePacket({ name: "tool", tags: ["v1"], scripts: {}, manifest });

test("a packet as it comes says by saying nothing what it does not have", () => {
  const { conffiles, volatile, policy, setid, agent, ...sent } = packet(file("a", 1));
  assert.deepEqual(wholePacket(sent), { ...sent, conffiles, volatile, policy, setid, agent });
  assert.equal(wholePacket({ ...sent, setid: true }).setid, true);
});

test("what differs between packets, in a sentence", () => {
  const before = packet(file("a", 1), file("b", 2));
  const after = makePacket({ ...packet(file("b", 4), file("c", 2048)), tags: ["v2"] });
  assert.equal(
    differenceText(comparePackets(before, after)),
    "Files: 1 added, 1 removed, 1 changed, 2 KiB more. Also: tags.",
  );
  assert.equal(differenceText(comparePackets(before, before)), "Nothing: they are the same.");
  const link: Entry = { ...file("l", 4), type: "file", sameAs: "b", size: 4, mode: 0o644, digest: "4" };
  assert.match(
    differenceText(comparePackets(packet(file("b", 4)), packet(file("b", 4), link))),
    /no more and no less/,
  );
});

test("sizes to three digits, never a thousand of a unit", () => {
  assert.deepEqual([0, 999, 1000, 1023, 1536, 1023.9 * 1024, 5 * 1024 ** 2, 5 * 1024 ** 3].map(sizeText), [
    "0 B",
    "999 B",
    "0.977 KiB",
    "0.999 KiB",
    "1.5 KiB",
    "1 MiB",
    "5 MiB",
    "5 GiB",
  ]);
  fc.assert(
    fc.property(fc.nat(), (bytes) => assert.match(sizeText(bytes), /^\d{1,3}(\.\d{1,3})? [KMGT]?i?B$/)),
  );
});

test("the specs that want an app of the name, and what a device must have besides", () => {
  const spec = (id: string, name: string, ...tags: string[]) => ({ id, apps: [{ name, tags }] });
  const specs = [spec("lab", "tool"), spec("shops", "tool", "v1"), spec("other", "vpn", "v1")];
  assert.deepEqual(specsWanting({ name: "tool", tags: ["arm", "v1"] }, specs), [
    { id: "shops", tags: ["v1"], needs: ["arm"] },
    { id: "lab", tags: [], needs: ["arm", "v1"] },
  ]);
});

test("what needs somebody leads to the devices that do", () => {
  const summary = { sync: { failed: 2 }, drifted: 1, lateCertificates: 0, devices: 5, connected: 3 };
  assert.deepEqual(
    attentionOf(summary).map(({ word, devices, address }) => [word, devices, decodeURIComponent(address)]),
    [
      ["failed", 2, "/devices?q=sync:failed"],
      ["unsatisfiable", 0, "/devices?q=sync:unsatisfiable"],
      ["halted", 0, "/devices?q=sync:halted"],
      ["doubled", 0, "/devices?q=sync:doubled"],
      ["drifted", 1, "/devices?q=drift:yes"],
      ["late certificate", 0, "/devices?q=late:yes"],
      ["not connected", 2, "/devices?q=connected:no"],
    ],
  );
});

test("the filter for a selector lets through the devices that the selector chooses", () => {
  const tags = ["lab", "shop", 'od"d', "sync:failed", "-x"];
  const ids = ["one", "t wo", "three"];
  const what = fc.constantFrom(...tags, ...ids.map((id) => `id:${id.replace(" ", "")}`));
  const term = fc.tuple(fc.boolean(), what).map(([isDenied, one]) => (isDenied ? `not:${one}` : one));
  const device = fc.uniqueArray(fc.constantFrom(...tags));
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), fc.tuple(device, device, device), (terms, has) => {
      const selector = parseSelector(terms);
      const { terms: read, problems } = parseFilter(filterOf(selector));
      assert.deepEqual(problems, []);
      const columns = {
        ...{ ids, time: 0, seen: [0, 0, 0], revision: [0, 0, 0], state: [0, 0, 0], more: false },
        states: [{ sync: "pending", connected: true, drifted: null, late: false }],
        ...{ tags: [0, 1, 2], apps: [0, 0, 0], tagLists: has, appLists: [[]] },
      };
      const chosen = ids.flatMap((id, row) => (isSelected(selector, new Set(has[row]), id) ? [row] : []));
      assert.deepEqual([...matching(tableOf([columns]), read, 0)], chosen);
    }),
  );
});
