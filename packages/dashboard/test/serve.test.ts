import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathOf } from "../src/logic/places.ts";
import { servedAt } from "../src/serve.ts";

const ASSETS = {
  "/": { type: "text/html", content: "page" },
  "/dashboard.js": { type: "text/javascript", content: "script" },
};

test("whatever the id of a device, its address leads to the page when it is loaded anew; files are at the top only", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) =>
      assert.equal(servedAt(ASSETS, pathOf("devices", id))?.content, "page"),
    ),
  );
  for (const path of ["/", "/devices", "/devices/gw.example.com"])
    assert.equal(servedAt(ASSETS, path)?.content, "page");
  assert.equal(servedAt(ASSETS, "/dashboard.js")?.content, "script");
  for (const path of ["/none.js", "/favicon.ico", "/.env"]) assert.equal(servedAt(ASSETS, path), undefined);
});
