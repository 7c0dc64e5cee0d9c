import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { writeArchive } from "@jamesd/archive/write";
import { type Entry, makePacket, sha256 } from "@jamesd/model";
import { checkArchive } from "../../src/packets/check-archive.ts";

const TEXT = "content\n";
const OWNER = { uid: 0, gid: 3_000_000 };
const DEEP = `${"long/".repeat(40)}file`;
const FILE = { ...OWNER, type: "file", mode: 0o640, digest: sha256(TEXT), size: TEXT.length } as const;
const MANIFEST: readonly Entry[] = [
  { ...OWNER, type: "directory", path: "etc", mode: 0o755 },
  { ...FILE, path: "etc/app" },
  { ...FILE, path: "etc/hard", sameAs: "etc/app" },
  { ...OWNER, type: "symlink", path: "etc/link", target: "app" },
  { ...FILE, path: DEEP, mode: 0o4755, capability: `01000002${"0".repeat(32)}` },
];
const packet = makePacket({ name: "app", tags: [], scripts: {}, manifest: MANIFEST });

function tar(manifest: readonly Entry[], text = TEXT): Promise<Buffer> {
  return buffer(writeArchive(manifest, () => Readable.from(text)));
}

function check(context: TestContext, archive: Uint8Array): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "jamesd-archive-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "tar"), archive);
  return checkArchive(join(folder, "tar"), packet);
}

test("the archive of a packet is that packet's", async (context) => {
  await check(context, await tar(MANIFEST));
});

test("any other is refused", async (context) => {
  const changed = (change: object) => MANIFEST.map((entry) => ({ ...entry, ...change }) as Entry);
  const whole = await tar(MANIFEST);
  const others = {
    content: await tar(MANIFEST, "Content\n"),
    owner: await tar(changed({ uid: 1 })),
    mode: await tar(changed({ mode: 0o777 })),
    capabilities: await tar(changed({ capability: `00000002${"0".repeat(32)}` })),
    "no capabilities": await tar(changed({ capability: undefined })),
    target: await tar(changed({ target: "/etc/shadow" })),
    "another hard link": await tar(changed({ sameAs: DEEP })),
    "no hard link": await tar(changed({ sameAs: undefined })),
    missing: await tar(MANIFEST.slice(1)),
    "one more": await tar([...MANIFEST, { ...OWNER, type: "symlink", path: "z", target: "app" }]),
    "another order": await tar(MANIFEST.toReversed()),
    "cut short": whole.subarray(0, 2000),
    "no tar": Buffer.alloc(4096, 1),
    "something behind it": Buffer.concat([whole, await tar(MANIFEST)]),
  };
  for (const [name, archive] of Object.entries(others))
    await assert.rejects(check(context, archive), { code: "DIGEST_MISMATCH" }, name);
});
