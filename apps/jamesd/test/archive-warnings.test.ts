import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, type Manifest, sha256 } from "@jamesd/model";
import { archiveWarnings } from "../src/ingest/archive-warnings.ts";
import { AttributeNotes } from "../src/ingest/attribute-notes.ts";

const digest = sha256("x");

function file(path: string, [uid, gid] = [0, 0]): Entry {
  return { type: "file", path, mode: 0o644, uid, gid, size: 1, digest };
}

function directory(path: string): Entry {
  return { type: "directory", path, mode: 0o755, uid: 0, gid: 0 };
}

/** What is said of an archive, a line each. */
function said(manifest: Manifest, policy = {}): string {
  return archiveWarnings({ manifest, policy, scripts: {} }, undefined).join("\n");
}

test("an empty archive is told of, unless its packet has scripts", () => {
  assert.match(said([]), /^the archive is empty: /);
  assert.equal(said([directory("opt")]), "");
  const scripts = { postinst: { digest, size: 1 } };
  assert.deepEqual(archiveWarnings({ manifest: [], policy: {}, scripts }, undefined), []);
});

describe("an archive with its folder inside", () => {
  test("is told of, with the place where it all comes to", () => {
    const text = said([directory("app-1.0"), directory("app-1.0/usr"), file("app-1.0/usr/x")]);
    assert.equal(
      text,
      'everything in the archive is in the folder "app-1.0", and comes to "/app-1.0" on devices; pack what is in it with tar -C "app-1.0" .',
    );
    assert.match(said([file("app/x")]), /in the folder "app"/);
  });

  test("is none when it is a folder that systems have, or when there is more at the top", () => {
    const archives = [
      [directory("opt"), file("opt/app/x")],
      [file("usr/bin/x")],
      [file("app/x"), file("etc/x")],
      [file("x")],
      [directory("app")],
    ];
    for (const manifest of archives) assert.equal(said(manifest), "");
  });
});

describe("owners", () => {
  test("that are people's numbers are told of, with one of the entries", () => {
    const text = said([file("opt/a"), file("opt/b", [1000, 1000]), file("opt/c", [0, 1001])]);
    assert.match(
      text,
      /^2 entries belong to an ordinary user's number \("opt\/b" to 1000:1000\).*--owner=0 --group=0/,
    );
    assert.match(said([file("opt/b", [501, 60_000])]), /^1 entry belongs/);
  });

  test("of the system, nobody, and those that do not count, are nothing to tell of", () => {
    for (const [uid, gid] of [
      [0, 0],
      [33, 999],
      [65_534, 65_534],
      [70_000, 0],
    ] as const)
      assert.equal(said([file("opt/a", [uid, gid])]), "");
    assert.equal(said([file("opt/a", [1000, 1000])], { owners: "ignore" }), "");
  });
});

test("what is dropped is told once for all, and names are quoted and cut", () => {
  const notes = new AttributeNotes();
  assert.equal(notes.dropped, undefined);
  for (let i = 0; i < 1000; i += 1) notes.add(`opt/${i}\u001b`, [`user.${"n".repeat(10_000)}${i}`, "an ACL"]);
  const [warning = ""] = archiveWarnings(
    { manifest: [directory("opt")], policy: {}, scripts: {} },
    notes.dropped,
  );
  assert.match(warning, /^1,000 entries have what packets do not keep: "user\.n+…", "an ACL", /);
  assert.match(warning, /\("opt\/0\\u001b"\); set it in a postinst script$/);
  assert.ok(warning.length < 1000);
});
