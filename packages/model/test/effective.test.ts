import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type App,
  appsDigest,
  blameApps,
  type DesiredState,
  type DocumentContent,
  type DocumentVersion,
  diffContents,
  diffPackets,
  effectiveState,
  isSelected,
  makePlan,
  resolveApps,
  type Spec,
  sameContent,
  sameTags,
  type WindowPolicy,
} from "@jamesd/model";
import fc from "fast-check";
import { apps as installed, packets, tags } from "./arbitraries.ts";

const app = fc.record({ name: fc.constantFrom("openvpn", "nginx", "test-packet"), tags });
const wishes: fc.Arbitrary<App[]> = fc.uniqueArray(app, { selector: ({ name }) => name, maxLength: 3 });
const policy = fc.constantFrom({}, { unowned: "adopt" as const }, { confirm: { connectivity: 60 } });
const specs: fc.Arbitrary<Spec[]> = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom("base", "vpn", "web", "zoo"),
    selector: tags,
    apps: wishes,
    policy,
    revision: fc.nat(9),
  }),
  { selector: ({ id }) => id, maxLength: 4 },
);
const own: fc.Arbitrary<DesiredState | undefined> = fc.option(
  fc.record({ id: fc.constant("d"), apps: wishes, policy, revision: fc.nat(9) }),
  { nil: undefined },
);
const content: fc.Arbitrary<DocumentContent> = fc.record({ selector: tags, apps: wishes, policy });
/** Two that are the same in some of what they say. */
const contents = fc
  .tuple(content, content, fc.subarray(["selector", "apps", "policy"] as const))
  .map(([a, b, same]) => [a, { ...b, ...Object.fromEntries(same.map((key) => [key, a[key]])) }] as const);

function byId(given: readonly Spec[]): readonly Spec[] {
  return [...given].sort((a, b) => (a.id < b.id ? -1 : 1));
}

describe("an effective desired state", () => {
  test("law: the order in which specs were made makes no difference", () => {
    fc.assert(
      fc.property(specs, own, fc.infiniteStream(fc.nat()), (given, mine, dice) => {
        const keys = new Map(given.map((spec) => [spec, dice.next().value]));
        const shuffled = [...given].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
        assert.deepEqual(effectiveState(shuffled, mine), effectiveState(given, mine));
      }),
    );
  });
  test("law: what the specs want is there once, from the first that wants it; then what its own says, which counts more", () => {
    fc.assert(
      fc.property(specs, own, (given, mine) => {
        const mineNames = new Set(mine?.apps.map(({ name }) => name));
        const wanted = byId(given)
          .flatMap(({ id, apps }) => apps.map((one) => ({ ...one, spec: id })))
          .filter(({ name }) => !mineNames.has(name));
        const first = new Map(wanted.toReversed().map(({ name, spec }) => [name, spec]));
        assert.deepEqual(effectiveState(given, mine).apps, [
          ...wanted.filter(({ name, spec }) => first.get(name) === spec),
          ...(mine?.apps ?? []).map((one) => ({ ...one, spec: null })),
        ]);
      }),
    );
  });
  test("law: the contradiction that is named is the first by app, of the first spec that wants it and the next that does not agree", () => {
    fc.assert(
      fc.property(specs, own, (given, mine) => {
        const mineNames = new Set(mine?.apps.map(({ name }) => name));
        const names = [...new Set(given.flatMap(({ apps }) => apps.map(({ name }) => name)))].sort();
        const conflicts = names
          .filter((name) => !mineNames.has(name))
          .flatMap((name) => {
            const wishes = byId(given).flatMap(({ id, apps }) =>
              apps.flatMap((one) => (one.name === name ? [{ id, tags: one.tags }] : [])),
            );
            const [first] = wishes;
            const other = first && wishes.find(({ tags }) => !sameTags(tags, first.tags));
            return other ? [{ app: name, specs: [first.id, other.id], tags: [first.tags, other.tags] }] : [];
          });
        assert.deepEqual(effectiveState(given, mine).conflict, conflicts[0]);
      }),
    );
  });
  test("law: carrying out the plan gives it, and then there is nothing to do", () => {
    fc.assert(
      fc.property(specs, own, packets, tags, installed, (given, mine, catalogue, systemtags, before) => {
        const chosen = given.filter(({ selector }) => isSelected(selector, new Set(systemtags), "d"));
        const wanted = effectiveState(chosen, mine);
        const { apps } = resolveApps(wanted.apps, systemtags, () => catalogue);
        const plan = makePlan(before, apps, () => []);
        assert.equal(appsDigest(plan.apps), appsDigest(apps));
        assert.deepEqual(makePlan(plan.apps, apps, () => []).steps, []);
      }),
    );
  });
  test("two specs that contradict each other are both named", () => {
    const spec = (id: string, tags: string[]): Spec => ({
      id,
      selector: [],
      apps: [{ name: "vpn", tags }],
      policy: {},
      revision: 1,
    });
    const [a, b] = [spec("a", ["v1"]), spec("b", ["v2"])];
    assert.deepEqual(effectiveState([b, a], undefined).conflict, {
      ...{ app: "vpn", specs: ["a", "b"] },
      tags: [["v1"], ["v2"]],
    });
    const mine = { id: "d", apps: [{ name: "vpn", tags: ["v3"] }], policy: {}, revision: 2 };
    const settled = effectiveState([b, a], mine);
    assert.equal(settled.conflict, undefined);
    assert.deepEqual(settled.apps, [{ name: "vpn", tags: ["v3"], spec: null }]);
  });
  test("of windows each spec's must be open; the device's own take their place", () => {
    const night = { from: "22:00", to: "06:00" };
    const sunday = { days: ["sun" as const], from: "00:00", to: "24:00" };
    const spec = (id: string, window?: WindowPolicy): Spec => ({
      ...{ id, revision: 1, selector: [], apps: [] },
      policy: { unowned: "adopt", ...(window && { window }) },
    });
    const specs = [
      spec("a", [night]),
      spec("b", [sunday, night]),
      spec("c", [night]),
      spec("d", "always"),
      spec("e"),
    ];
    const own = (window?: WindowPolicy) => ({
      id: "d",
      revision: 1,
      apps: [],
      policy: window ? { window } : {},
    });
    const windows = (one?: DesiredState) => effectiveState(specs, one).windows;
    assert.deepEqual(windows(), [[night], [sunday, night]]);
    assert.deepEqual(windows(own()), [[night], [sunday, night]]);
    assert.deepEqual(windows(own([sunday])), [[sunday]]);
    assert.deepEqual(windows(own("always")), []);
    assert.deepEqual(effectiveState(specs, own("always")).policy, { unowned: "adopt" });
  });

  test("of policies the most careful counts, and the device's own above all", () => {
    const spec = (id: string, given: Spec["policy"]): Spec => ({
      id,
      selector: [],
      apps: [],
      policy: given,
      revision: 1,
    });
    const given = [
      spec("a", { confirm: { connectivity: 60 }, unowned: "overwrite", removal: "unscripted" }),
      spec("b", { confirm: { connectivity: 90 }, unowned: "adopt", removal: "forced" }),
    ];
    const united = { confirm: { connectivity: 90 }, unowned: "adopt", removal: "forced" };
    assert.deepEqual(effectiveState(given, undefined).policy, united);
    const mine = { id: "d", apps: [], policy: { unowned: "refuse" as const }, revision: 1 };
    assert.deepEqual(effectiveState(given, mine).policy, { ...united, unowned: "refuse" });
  });
});

describe("a difference", () => {
  const isEmpty = (one: ReturnType<typeof diffContents>): boolean =>
    one.apps.length === 0 && !one.selector && !one.policy;

  test("law: it is empty for the same content, and only for that", () => {
    fc.assert(
      fc.property(contents, ([a, b]) => {
        assert.ok(isEmpty(diffContents(a, a)));
        assert.equal(isEmpty(diffContents(a, b)), sameContent(a, b));
      }),
    );
  });
  test("law: made of what was before, it gives what is after, app by app in the order of their names", () => {
    fc.assert(
      fc.property(contents, ([a, b]) => {
        const { apps, selector, policy } = diffContents(a, b);
        const names = apps.map(({ name }) => name);
        assert.deepEqual(names, [...new Set(names)].sort());
        const tagsOf = new Map<string, readonly string[] | null>(
          a.apps.map(({ name, tags }) => [name, tags]),
        );
        for (const { name, before, after } of apps) {
          assert.deepEqual(tagsOf.get(name) ?? null, before);
          tagsOf.set(name, after);
        }
        const made = {
          selector: selector?.after ?? a.selector,
          apps: [...tagsOf].flatMap(([name, tags]) => (tags ? [{ name, tags }] : [])),
          policy: policy?.after ?? a.policy,
        };
        assert.ok(sameContent(made, b));
        if (selector) assert.deepEqual(selector.before, a.selector);
        if (policy) assert.deepEqual(policy.before, a.policy);
      }),
    );
  });
  test("law: between what a device has and should have it is empty when these are the same packets, and only then", () => {
    fc.assert(
      fc.property(installed, installed, fc.boolean(), (has, other, isAlike) => {
        assert.deepEqual(diffPackets(has, has), []);
        const alike = has.map((one, i) => ({ ...one, digest: other[i]?.digest ?? one.digest }));
        const wanted = isAlike ? alike : other;
        assert.equal(diffPackets(has, wanted).length === 0, appsDigest(has) === appsDigest(wanted));
      }),
    );
  });
  test("another packet for the same tags is one, unless it is not known which", () => {
    const [a, b] = ["a".repeat(64), "b".repeat(64)];
    const has = [{ name: "web", tags: ["v1"], digest: a }];
    const wanted = (digest: string | null) => [{ name: "web", tags: ["v1"], digest }];
    assert.deepEqual(diffPackets(has, wanted(null)), []);
    assert.deepEqual(diffPackets(has, wanted(b)), [
      { name: "web", before: ["v1"], after: ["v1"], packets: { before: a, after: b } },
    ]);
  });
  test("what is not there lists nothing", () => {
    const after = { selector: ["arm"], apps: [{ name: "a", tags: ["v1"] }], policy: {} };
    assert.deepEqual(diffContents(null, after), {
      apps: [{ name: "a", before: null, after: ["v1"] }],
      selector: { before: null, after: ["arm"] },
    });
  });
});

describe("blame", () => {
  // Few apps and tags, so that an app often stays as it is, also with its tags in another order.
  const listed = fc.record({ name: fc.constantFrom("a", "b"), tags: fc.shuffledSubarray(["v1", "v2"]) });
  const few = fc
    .uniqueArray(listed, { selector: ({ name }) => name })
    .map((apps): DocumentContent => ({ selector: [], apps, policy: {} }));
  const history = fc
    .array(fc.option(few, { nil: null }), { minLength: 1, maxLength: 6 })
    .map((contents) =>
      contents.map(
        (one, i): DocumentVersion => ({ kind: "spec", id: "s", revision: 2 * i + 1, content: one }),
      ),
    );

  test("law: each app that is there is blamed on the newest revision that changed it", () => {
    fc.assert(
      fc.property(history, (versions) => {
        const last = versions.at(-1)?.content?.apps ?? [];
        const blamed = blameApps(versions);
        assert.deepEqual(
          blamed.map(({ name, tags }) => ({ name, tags })),
          last.map(({ name, tags }) => ({ name, tags })),
        );
        for (const { name, tags, revision } of blamed) {
          const has = (one: DocumentVersion | undefined): boolean =>
            one?.content?.apps.some((other) => other.name === name && sameTags(other.tags, tags)) ?? false;
          const at = versions.findIndex((one) => one.revision === revision);
          assert.ok(versions.slice(at).every(has));
          assert.ok(at === 0 || !has(versions[at - 1]));
        }
      }),
    );
  });
});
