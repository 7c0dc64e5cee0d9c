import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "@jamesd/archive/safe-path";
import { makeLayout, packetFile } from "../../../src/transaction/disk/layout.ts";
import { PacketStore } from "../../../src/transaction/fetch/packet-store.ts";
import { Bench, Shelf } from "../fixture.ts";

test("of the packets that are kept a manifest is read once, until what is held is released", () => {
  using bench = new Bench();
  const shelf = new Shelf();
  const layout = makeLayout(bench.state);
  const store = new PacketStore(layout, DEFAULT_LIMITS);
  const [kept, gone] = [shelf.add("kept", {}), shelf.add("gone", {})];
  for (const packet of [kept, gone]) store.take(packet.digest, packet);
  store.keepOnly(new Set([kept.digest]));
  rmSync(packetFile(layout, kept.digest));
  assert.equal(store.find(kept.digest), kept);
  assert.equal(store.find(gone.digest), undefined);
  store.release();
  assert.equal(store.find(kept.digest), undefined);
});
