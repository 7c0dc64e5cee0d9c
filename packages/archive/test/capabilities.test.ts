import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { writeArchive } from "../src/index.ts";
import { paxEntry, type RawEntry, rawTar, read, refusedWith } from "./archives.ts";

/** What `setcap cap_net_raw+ep` makes. */
const NET_RAW = "0100000200200000000000000000000000000000";
const file = { name: "f", content: "x" };
const link = { name: "h", type: "1", target: "f" };
const limits = { allowSetid: true };

/** As GNU tar has them. */
function plain(hex: string): Record<string, Buffer> {
  return { "SCHILY.xattr.security.capability": Buffer.from(hex, "hex") };
}

/** As libarchive has them as well. */
function base64(hex: string): Record<string, string> {
  const text = Buffer.from(hex, "hex").toString("base64").replace(/=*$/, "");
  return { "LIBARCHIVE.xattr.security.capability": text };
}

for (const records of [plain(NET_RAW), base64(NET_RAW), { ...plain(NET_RAW), ...base64(NET_RAW) }]) {
  const keys = Object.keys(records).map((key) => key.slice(0, key.indexOf(".")));
  const pax = paxEntry(records);

  test(`capabilities are kept where the limits allow them: ${keys.join(" and ")}`, async () => {
    const manifest = await read(rawTar(pax, file, link, pax, { ...link, name: "i" }), { limits });
    const capabilities = manifest.map((entry) => entry.type === "file" && entry.capability);
    assert.deepEqual(capabilities, [NET_RAW, NET_RAW, NET_RAW]);
    const again = await buffer(writeArchive(manifest, () => Readable.from([Buffer.from("x")])));
    assert.deepEqual(await read(again, { limits }), manifest);
  });

  test(`capabilities that nobody declared are refused, and how to declare them: ${keys.join(" and ")}`, () =>
    assert.rejects(read(rawTar(pax, file)), {
      code: "ARCHIVE_UNSAFE",
      message: /"f" has file capabilities \(security\.capability\)/,
      hint: /--allow-setid/,
    }));
}

test("a file without capabilities has no such field", async () => {
  const [entry] = await read(rawTar(file), { limits });
  assert.ok(entry && !("capability" in entry));
});

/** What is refused, declared or not, and a part of the message. */
const REFUSED: Readonly<Record<string, readonly [entries: readonly RawEntry[], text: string]>> = {
  "of 32 bits": [
    [paxEntry(plain("010000010020000000000000")), file],
    '"f" has file capabilities of revision 1',
  ],
  "of a user namespace": [
    [paxEntry(plain(`${NET_RAW.replace("02", "03")}e8030000`)), file],
    '"f" has file capabilities of revision 3',
  ],
  "cut short": [[paxEntry(plain(NET_RAW.slice(2))), file], '"f" has file capabilities that are damaged'],
  "none at all": [[paxEntry(plain("")), file], '"f" has file capabilities that are damaged'],
  "of two kinds": [
    [paxEntry({ ...plain(NET_RAW), ...base64("01000002") }), file],
    '"f" two different capabilities',
  ],
  "of a directory": [
    [paxEntry(plain(NET_RAW)), { name: "d", type: "5" }],
    '"d" is a directory with file capabilities',
  ],
  "of a hard link alone": [[file, paxEntry(plain(NET_RAW)), link], '"h" has other file capabilities'],
};

for (const [what, [entries, text]] of Object.entries(REFUSED))
  test(`capabilities are refused: ${what}`, () =>
    assert.rejects(read(rawTar(...entries), { limits }), refusedWith("ARCHIVE_UNSAFE", text)));
