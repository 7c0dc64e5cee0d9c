import assert from "node:assert/strict";
import { test } from "node:test";
import { type App, advanced, type Digest, type PacketSummary, parseScope } from "@jamesd/model";
import fc from "fast-check";
import { resolvable } from "../src/fleet/device.ts";
import type { Rollout } from "../src/repository/rollout-store.ts";
import { packetOf } from "./repository/repository.contract.ts";
import { IDS, op, rolloutOf, take } from "./rollouts-world.ts";
import { ORIGIN, Scene } from "./scene.ts";

const MESSAGE = { ...ORIGIN, message: "" };

/** A rollout takes from a device that is yet to come what alone means a packet. */
const OF_NOBODY_YET = (["change", "rollout"] as const).map((op) => ({
  ...{ op, ids: [] },
  changes: [
    {
      key: { kind: "device" as const, id: "c" as const },
      content:
        op === "rollout"
          ? null
          : { selector: [], apps: [{ name: "vpn" as const, tags: ["v2"] }], policy: {} },
    },
  ],
}));

/** Every choice of some of these. */
function subsets(all: readonly number[]): readonly ReadonlySet<number>[] {
  return Array.from({ length: 2 ** all.length }, (_, set) => new Set(all.filter((_, i) => set & (1 << i))));
}

/** The devices that have a packet, were sent it, or should have it when some rollouts are open to all and the others to none. */
async function wanting({ fleet }: Scene): Promise<ReadonlyMap<Digest, ReadonlySet<string>>> {
  const found = new Map<Digest, Set<string>>();
  const note = (id: string, apps: readonly { readonly digest: Digest }[] = []): void => {
    for (const { digest } of apps) found.set(digest, (found.get(digest) ?? new Set()).add(id));
  };
  const { current } = fleet.targets;
  const devices = await fleet.devices.getAll(IDS);
  for (const { id, record } of devices) {
    note(id, record.state.apps);
    note(id, fleet.presence.sent(id));
  }
  for (const open of subsets(current.layers.map(({ revision }) => revision))) {
    const views = current.under(
      current.layers.map((layer) => ({ ...layer, admits: () => open.has(layer.revision) })),
    );
    for (const device of devices) note(device.id, views.target(resolvable(device))?.apps);
  }
  return found;
}

/** All that documents list, without any of the revisions that rollouts spread, with all, and all between. */
async function listed({ repository }: Scene): Promise<readonly App[]> {
  const rollouts = (await repository.rollouts.counting()).map(({ revision }) => revision);
  const apps: App[] = [];
  for (const hidden of subsets(rollouts)) {
    for (const { content } of await repository.documents.specs(hidden)) apps.push(...content.apps);
    for (const id of IDS) {
      const versions = await repository.documents.versions({ kind: "device", id });
      apps.push(...(versions.findLast(({ revision }) => !hidden.has(revision))?.content?.apps ?? []));
    }
  }
  return apps;
}

function means({ name, tags }: PacketSummary, app: App): boolean {
  return app.name === name && app.tags.every((tag) => tags.includes(tag));
}

test("law: no packet that a device has or may have to have, or that a document means in some view, is given up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 12 }), async (ops) => {
      await using scene = await Scene.open();
      const tags = [["v1"], ["v2"], ["v1", "arm"], ["v3"]];
      const all = tags.flatMap((some) => [packetOf("vpn", some), packetOf("web", some)]);
      for (const packet of all) await scene.repository.packets.add(packet, ORIGIN);
      await scene.report("a", [{ name: "web", tags: [], digest: all.at(-1)?.digest ?? "" }], undefined, [
        "arm",
      ]);
      await scene.report("b", [], undefined, ["arm", "lab"]);
      for (const one of ops) {
        await take(scene, one);
        await scene.fleet.follower.follow();
      }
      const { needs, targets } = scene.fleet;
      const [expected, apps] = [await wanting(scene), await listed(scene)];
      const packets = targets.catalogue.newestFirst();
      const unneeded = new Set(await needs.unneeded(packets));
      for (const packet of packets) {
        using needing = await needs.needing(packet.digest);
        assert.deepEqual(needing.ids, [...(expected.get(packet.digest) ?? [])].sort());
        const isUnneeded = needing.ids.length === 0 && !apps.some((app) => means(packet, app));
        assert.equal(unneeded.has(packet), isUnneeded, `${packet.name} ${packet.tags}`);
      }
    }),
    { numRuns: 60, examples: [[OF_NOBODY_YET]] },
  );
});

test("an operator of a part changes no packet that something beyond it wants in a view that some devices have still", async () => {
  await using scene = await Scene.open();
  const scope = parseScope({ devices: ["lab"], packets: ["vpn"] });
  const { documents } = scene.repository;
  const keys = [
    { kind: "spec" as const, id: "s" },
    { kind: "device" as const, id: "d" },
  ];
  for (const key of keys) {
    const selector = key.kind === "spec" ? ["arm"] : [];
    const content = { selector, apps: [{ name: "vpn", tags: [] }], policy: {} };
    await documents.commit([{ ...key, content }], MESSAGE);
    await documents.commit([{ ...key, content: null }], MESSAGE, undefined, { rollout: rolloutOf([]) });
    await scene.fleet.follower.follow();
    await assert.rejects(scene.fleet.scopes.addition({ author: "lea", scope }, "vpn"), {
      code: "SCOPE_EXCEEDED",
      message: new RegExp(` ${key.id} wants it`),
    });
    const [{ revision, step, state }] = scene.fleet.targets.rollouts as [Rollout];
    await scene.repository.rollouts.step(
      revision,
      step,
      { state: advanced(state, { kind: "finish" }, 1) },
      MESSAGE,
    );
    await scene.fleet.follower.follow();
    await scene.fleet.scopes.addition({ author: "lea", scope }, "vpn");
  }
});
