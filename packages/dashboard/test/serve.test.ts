import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { assetOf } from "../src/asset.ts";
import { pathOf } from "../src/logic/places.ts";
import { servedAt } from "../src/serve.ts";

const ASSETS = {
  "/": assetOf("text/html", "page"),
  "/dashboard.js": assetOf("text/javascript", "script"),
};

function saidAt(path: string): string | undefined {
  return servedAt(ASSETS, path)?.content.toString();
}

test("whatever the id of a device, its address leads to the page when it is loaded anew; files are at the top only", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) =>
      assert.equal(saidAt(pathOf("devices", id)), "page"),
    ),
  );
  for (const path of ["/", "/devices", "/devices/gw.example.com"]) assert.equal(saidAt(path), "page");
  assert.equal(saidAt("/dashboard.js"), "script");
  for (const path of ["/none.js", "/favicon.ico", "/.env"]) assert.equal(saidAt(path), undefined);
});

test("who takes gzip gets it, whoever does not gets the same as it is", () => {
  for (const accepted of [
    "gzip",
    "gzip, deflate, br",
    "br;q=1.0,gzip;q=0.8",
    "deflate , GZIP ; q=0.001, *;q=0",
  ]) {
    const { headers, content } = servedAt(ASSETS, "/", accepted) ?? {};
    assert.equal(headers?.["content-encoding"], "gzip", accepted);
    assert.equal(gunzipSync(content ?? "").toString(), "page");
  }
  for (const accepted of ["", "br", "identity", "gzip;q=0", "br, gzip; q=0.000", "x-gzipped"]) {
    const { headers, content } = servedAt(ASSETS, "/", accepted) ?? {};
    assert.equal(headers?.["content-encoding"], undefined, accepted);
    assert.equal(headers?.vary, "accept-encoding");
    assert.equal(content?.toString(), "page");
  }
});
