import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { architectureOf, foreignTags } from "@jamesd/model";

describe("architectures", () => {
  test("have several names; other words are no architecture", () => {
    for (const names of [
      ["x86_64", "amd64", "x64"],
      ["armv7l", "armhf"],
      ["aarch64", "arm64"],
    ])
      assert.equal(new Set(names.map(architectureOf)).size, 1, names.join());
    assert.notEqual(architectureOf("x86_64"), architectureOf("armv7l"));
    for (const word of ["v1", "glibc-2.23", "systemd", "constructor", ""])
      assert.equal(architectureOf(word), undefined);
  });

  test("what a device cannot have is told from what it may", () => {
    const device = ["armv7l", "glibc-2.23"];
    assert.deepEqual(foreignTags(["v1", "x86_64"], device), ["x86_64"]);
    assert.deepEqual(foreignTags(["arm64", "amd64"], device), ["arm64", "amd64"]);
    for (const own of [["v1", "armhf"], ["musl-1.2"], ["armv6l"], []])
      assert.deepEqual(foreignTags(own, device), []);
  });

  test("64 bits often run the 32 of the same maker, and not the other way round", () => {
    assert.deepEqual(foreignTags(["i686"], ["x86_64"]), []);
    assert.deepEqual(foreignTags(["armhf"], ["aarch64"]), []);
    assert.deepEqual(foreignTags(["amd64"], ["i686"]), ["amd64"]);
  });

  test("a device that names no architecture may have any", () => {
    assert.deepEqual(foreignTags(["x86_64", "armv7l"], ["kiosk"]), []);
  });
});
