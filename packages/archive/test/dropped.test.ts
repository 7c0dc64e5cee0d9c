import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySink, paxEntry, rawTar, read } from "./archives.ts";

/** Notes what it is told of. */
class NotingSink extends MemorySink {
  readonly told: (readonly [path: string, attributes: readonly string[]])[] = [];

  dropped(path: string, attributes: readonly string[]): void {
    this.told.push([path, attributes]);
  }
}

test("who stores an archive is told of what entries have that no packet keeps, of each by its path", async () => {
  const sink = new NotingSink();
  const tar = rawTar(
    paxEntry({
      "SCHILY.xattr.user.note": "x",
      "LIBARCHIVE.xattr.user.note": "eA",
      "SCHILY.acl.access": "user::rw-",
      "SCHILY.acl.default": "user::rw-",
      "RHT.security.selinux": "label",
      "SCHILY.xattr.security.capability": Buffer.from("0100000200200000000000000000000000000000", "hex"),
      mtime: "1.5",
      comment: "none",
    }),
    { name: "./f", content: "x" },
    paxEntry({ "SCHILY.xattr.user.other": "x" }),
    { name: "d/", type: "5" },
    { name: "d/plain", content: "" },
  );
  await read(tar, { sink, limits: { allowSetid: true } });
  assert.deepEqual(sink.told, [
    ["f", ["user.note", "an ACL", "security.selinux"]],
    ["d", ["user.other"]],
  ]);
});
