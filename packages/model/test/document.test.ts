import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError, parseContent } from "@jamesd/model";

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
