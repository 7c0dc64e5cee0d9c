/** Headers that somebody changed: what comes of them is a manifest or a refusal, soon, and nothing else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { paxEntry, rawTar, read, refusedWith } from "./archives.ts";

const file = { name: "f", content: "hello" };
const TAR = rawTar(
  paxEntry({ path: "long", uid: "1", "SCHILY.xattr.user.x": Buffer.from([1, 0, 255, 10]) }),
  file,
  { name: "././@LongLink", type: "L", content: "longer\0" },
  { name: "d", type: "5" },
  { ...paxEntry({ gid: "5" }), type: "g" },
  { name: "l", type: "1", target: "long" },
);

/** Records of a pax header that are none, each behind a good one. */
const RECORDS = [
  "xxxxx",
  "5",
  "999 a=b\n",
  "6 a=bc",
  "0 a=b\n",
  "-6 a=b\n",
  " 6 a=b\n",
  "4 =\n",
  "5 a=\n6 ab\n",
  "3 \n",
  "12345678901 a=b\n",
];

// In a process of its own: a reader that does not come forward would never give the test its turn again.
for (const record of RECORDS)
  test(`refused: the pax record ${JSON.stringify(record)}`, () => {
    const script = `
      import { rawTar, read } from ${JSON.stringify(new URL("archives.ts", import.meta.url).href)};
      const pax = { name: "p", type: "x", content: ${JSON.stringify(`12 path=abc\n${record}`)} };
      await read(rawTar(pax, { name: "f" })).catch(({ code }) => console.log(code));`;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 60_000 });
    assert.equal(child.stdout.toString(), "ARCHIVE_CORRUPT\n", child.stderr.toString());
  });

test("a changed header is read or refused", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(TAR.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(TAR.length / 512 - 1),
      async (changes, block) => {
        const changed = Buffer.from(TAR);
        for (const [at, byte] of changes) changed[at] = byte;
        // With a checksum that is right, or hardly a change would come further than that.
        sumUp(changed.subarray(block * 512, (block + 1) * 512));
        await read(changed).catch((error) => {
          assert.ok(error instanceof JamesError && error.code.startsWith("ARCHIVE_"), String(error));
        });
      },
    ),
    { numRuns: 2000 },
  ));

test("refused: headers in front of an entry that would be held in memory without end", () =>
  assert.rejects(
    read(rawTar({ name: "p", type: "x", size: 2 ** 30 })),
    refusedWith("ARCHIVE_TOO_LARGE", "1048576 bytes"),
  ));

function sumUp(header: Buffer): void {
  header.fill(" ", 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
