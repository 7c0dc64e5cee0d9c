import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DocumentChange,
  type DocumentContent,
  hasDevice,
  JamesError,
  makePacket,
  parseScope,
  type Scope,
  sameContent,
  sha256,
} from "@jamesd/model";
import fc from "fast-check";
import { Changes } from "../src/desired/changes.ts";
import { Desired } from "../src/desired/desired.ts";
import { Tagging } from "../src/desired/tagging.ts";
import { type KnownDevice, resolvable } from "../src/fleet/device.ts";
import { Documents } from "../src/fleet/documents.ts";
import { type OwnVersion, Resolver } from "../src/fleet/resolver.ts";
import type { Target } from "../src/fleet/target.ts";
import { Catalogue } from "../src/packets/catalogue.ts";
import type { Origin } from "../src/repository/origin.ts";
import { Turns } from "../src/running/turns.ts";
import { ORIGIN, Scene } from "./scene.ts";

const IDS = ["d1", "d2", "d3"];
const GIVEN = ["lab", "prod"];
const NAMES = ["acme-a", "acme-b", "vpn"];
const SCOPES: readonly Scope[] = [
  parseScope({ devices: ["given:lab"], packets: ["acme-"] }),
  parseScope({ devices: ["given:lab", "not:given:prod"], packets: ["acme-", "vpn"] }),
  parseScope({ devices: ["id:d1"], packets: ["acme-a"] }),
  parseScope({ devices: ["*"], packets: ["acme-"] }),
];

type Op =
  | { readonly op: DocumentChange["kind"]; readonly id: string; readonly content: DocumentContent | null }
  | { readonly op: "tag"; readonly id: string; readonly tags: readonly string[] }
  | { readonly op: "report"; readonly id: string; readonly tags: readonly string[] }
  | { readonly op: "add" | "remove"; readonly name: string; readonly tags: readonly string[] }
  | { readonly op: "revert"; readonly back: number };

const device = fc.constantFrom(...IDS);
const term = fc.constantFrom("given:lab", "given:lab", "not:given:prod", "arm", "id:d1", "not:id:d2");
const apps = fc.uniqueArray(
  fc.record({ name: fc.constantFrom(...NAMES), tags: fc.subarray(["v1", "arm"]) }),
  { maxLength: 2, selector: ({ name }) => name },
);
const contentWith = (selector: fc.Arbitrary<string[]>): fc.Arbitrary<DocumentContent | null> =>
  fc.option(fc.record({ selector, apps, policy: fc.constantFrom({}, { unowned: "overwrite" as const }) }), {
    nil: null,
    freq: 5,
  });
const packet = { name: fc.constantFrom(...NAMES), tags: fc.subarray(["v1", "arm"]) };
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    op: fc.constant("spec" as const),
    id: fc.constantFrom("s1", "s2"),
    content: contentWith(fc.uniqueArray(term, { maxLength: 3 })),
  }),
  fc.record({ op: fc.constant("device" as const), id: device, content: contentWith(fc.constant([])) }),
  fc.record({ op: fc.constant("tag" as const), id: device, tags: fc.subarray(GIVEN) }),
  fc.record({ op: fc.constant("report" as const), id: device, tags: fc.subarray(["arm"]) }),
  fc.record({ op: fc.constant("add" as const), ...packet }),
  fc.record({ op: fc.constant("remove" as const), ...packet }),
  fc.record({ op: fc.constant("revert" as const), back: fc.nat(4) }),
);
/** What others want and have before: packets of each name, and specs, most of which are not in a scope. */
const beginnings = fc
  .array(op, { minLength: 4, maxLength: 8 })
  .map((ops): readonly Op[] => [...NAMES.map((name) => ({ op: "add" as const, name, tags: [] })), ...ops]);
const steps = fc.array(fc.tuple(fc.constantFrom("alice", "others"), op), { minLength: 10, maxLength: 25 });

/** A fleet, and beside it what would be of it if an operator of a part of it had done nothing. */
class TwoFleets {
  readonly scene: Scene;
  readonly #scope: Scope;
  readonly #changes: Changes;
  readonly #without = new Catalogue([]);
  #documents = Documents.of([], []);
  readonly #own = new Map<string, OwnVersion>();
  /** Names of packets that alice added or removed. */
  readonly #hers = new Set<string>();
  /** What alice was let do. */
  done = 0;

  constructor(scene: Scene, scope: Scope) {
    this.scene = scene;
    this.#scope = scope;
    this.#changes = new Changes(scene.fleet, scene.repository, new Turns());
  }

  /** True when it was done. */
  async do(who: string, op: Op): Promise<void> {
    const origin: Origin = who === "alice" ? { ...ORIGIN, author: who, scope: this.#scope } : ORIGIN;
    // From then on it is what others decided: they take what there is of hers with it.
    if (who !== "alice" && (await this.#takesOver(op))) return;
    const within = await this.#within();
    try {
      await this.#do(who === "alice", op, origin);
      if (who === "alice") this.done += 1;
      if (who === "alice") assert.deepEqual(await this.#within(), within, "devices of her scope");
    } catch (thrown) {
      if (!(thrown instanceof JamesError)) throw thrown;
    }
  }

  /** Whoever is beyond the scope has what it would have without her. */
  async check(): Promise<void> {
    const { targets, devices } = this.scene.fleet;
    const without = new Resolver(this.#documents, this.#without.named, targets.paths);
    for (const device of await devices.getAll(IDS))
      if (!this.#isWithin(device)) {
        const own = this.#own.get(device.id);
        const would = without.target({ ...resolvable(device), own });
        assert.deepEqual(wanted(device.target), wanted(would), device.id);
      }
  }

  async #do(isHers: boolean, op: Op, origin: Origin): Promise<void> {
    const desired = new Desired(this.#changes);
    if (op.op === "report") return void (await this.scene.report(op.id, [], undefined, op.tags));
    if (op.op === "tag") {
      const request = { id: op.id, add: op.tags, remove: GIVEN, dryRun: false };
      await new Tagging(this.#changes).tag(request, origin);
      return;
    }
    if ("name" in op) return this.#packet(isHers, op, origin);
    if ("back" in op) {
      const to = Math.max(0, (await this.scene.repository.revisions.newest()) - op.back);
      if (isHers) await desired.revert({ to, dryRun: false }, origin);
      return;
    }
    const { content, ...named } = op;
    const key = { kind: named.op, id: named.id };
    const request = { remove: content ? [] : [key], prune: false, dryRun: false, message: "" };
    const applied = await desired.apply(
      { documents: content ? [{ ...key, ...content }] : [], ...request },
      origin,
    );
    if (!isHers) this.#follow([{ ...key, content }], applied.revision);
  }

  async #packet(
    isHers: boolean,
    { op, name, tags }: Extract<Op, { name: string }>,
    origin: Origin,
  ): Promise<void> {
    const { fleet, repository, catalogue } = this.scene;
    const there = [...catalogue.named(name)].find((one) => String(one.tags) === String(tags));
    if (op === "remove") {
      if (!there) return;
      using needing = await fleet.needs.needing(there.digest);
      await fleet.scopes.removal(origin, name, needing.ids);
      await repository.packets.remove(there.digest, origin);
      this.#without.remove(there.digest);
    } else {
      await fleet.scopes.addition(origin, name);
      const digest = sha256(`${name} ${tags}`);
      const file = {
        type: "file" as const,
        path: `opt/${name}`,
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: 1,
        digest,
      };
      const made = makePacket({ name, tags, scripts: {}, manifest: [file] });
      const { info } = await repository.packets.add(made, origin);
      if (!isHers) this.#without.add(info);
    }
    if (isHers) this.#hers.add(name);
    await fleet.follower.follow();
  }

  #follow(changes: readonly Pick<DocumentChange, "kind" | "id" | "content">[], revision: number): void {
    const versions = changes.map((change) => ({ ...change, revision }));
    this.#documents = this.#documents.with(versions);
    for (const { kind, id, content } of versions)
      if (kind === "device") this.#own.set(id, { revision, content });
  }

  /** True when others would take what alice made for devices that are beyond her scope, or build on it. */
  async #takesOver(op: Op): Promise<boolean> {
    if ("content" in op) return this.#wants(op.content);
    if (op.op === "add" || op.op === "remove") return this.#hers.has(op.name);
    if (op.op !== "tag") return false;
    const is = await this.scene.repository.documents.get({ kind: "device", id: op.id });
    const would = this.#own.get(op.id);
    return !sameContent(is?.content ?? null, would?.content ?? null) || this.#wants(is?.content ?? null);
  }

  #wants(content: DocumentContent | null): boolean {
    return content?.apps.some(({ name }) => this.#hers.has(name)) ?? false;
  }

  async #within(): Promise<readonly string[]> {
    const known = await this.scene.fleet.devices.getAll(IDS);
    return known.filter((device) => this.#isWithin(device)).map(({ id }) => id);
  }

  #isWithin({ id, tagSet }: KnownDevice): boolean {
    return hasDevice(this.#scope, tagSet.set, id);
  }
}

function wanted(target: Target | undefined): unknown {
  if (!target) return undefined;
  const { policy, windows, conflict } = target.wanted;
  return { apps: target.apps, policy, windows, conflict, unfulfilled: target.unfulfilled };
}

test("law: no device beyond the scope of an operator ever should have something else because of it", async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SCOPES), beginnings, steps, async (scope, first, all) => {
      await using scene = await Scene.open();
      const fleets = new TwoFleets(scene, scope);
      for (const id of IDS) await scene.report(id, [], undefined, []);
      for (const op of first) await fleets.do("others", op);
      for (const [who, op] of all) {
        await fleets.do(who, op);
        await fleets.check();
      }
      done += fleets.done;
    }),
    { numRuns: 10 },
  );
  // It was let do enough for that to say something.
  assert.ok(done > 15, `${done}`);
});
