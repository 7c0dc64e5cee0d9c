import assert from "node:assert/strict";
import { test } from "node:test";
import { diffContents, JamesError, parseContent, sameContent, sameWishes } from "@jamesd/model";

const APPS = [{ name: "vpn", tags: ["v1"] }];

test("what a document says comes back checked, each tag once, in the order given", () => {
  const content = { selector: ["b", "a", "b"], apps: [{ name: "vpn", tags: ["v1", "v1"] }], policy: {} };
  assert.deepEqual(parseContent(content), { selector: ["b", "a"], apps: APPS, policy: {} });
});

test("a wrong tag of the selector or of an app, and an app that is listed twice, are refused", () => {
  const refused = (code: string) => (thrown: unknown) => thrown instanceof JamesError && thrown.code === code;
  const content = { selector: [], apps: APPS, policy: {} };
  assert.throws(() => parseContent({ ...content, selector: ["arm", "a b"] }), refused("TAG_INVALID"));
  assert.throws(
    () => parseContent({ ...content, apps: [{ name: "vpn", tags: ["a,b"] }] }),
    refused("TAG_INVALID"),
  );
  assert.throws(() => parseContent({ ...content, apps: [...APPS, ...APPS] }), refused("APP_DUPLICATE"));
});

test("how a change of a spec spreads is checked and kept as it was said, and is part of what it says", () => {
  const content = { selector: [], apps: APPS, policy: {} };
  const rollout = { waves: ["tag:canary", "10%"], bakeMs: 0, attempts: undefined };
  const parsed = parseContent({ ...content, rollout });
  assert.deepEqual(parsed.rollout, { waves: ["tag:canary", "10%"], bakeMs: 0 });
  for (const wrong of [{ waves: ["10%", "5%"] }, { success: 2 }, { attempts: 0 }])
    assert.throws(() => parseContent({ ...content, rollout: wrong }), { code: "ROLLOUT_INVALID" });
  const other = { ...parsed, rollout: { ...rollout, bakeMs: 1 } };
  for (const differing of [other, content, { ...content, rollout: {} }]) {
    assert.ok(!sameContent(parsed, differing));
    assert.ok(sameWishes(parsed, differing));
    assert.deepEqual(diffContents(parsed, differing).rollout?.before, parsed.rollout);
  }
  assert.ok(sameContent(parsed, { ...content, rollout: { bakeMs: 0, waves: ["tag:canary", "10%"] } }));
  assert.ok(!sameWishes(parsed, { ...parsed, apps: [] }));
  assert.deepEqual(Object.keys(parseContent(content)), ["selector", "apps", "policy"]);
});
