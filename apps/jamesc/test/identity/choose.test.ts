import assert from "node:assert/strict";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { chooseIdentity } from "../../src/identity/choose.ts";
import { newKey } from "../../src/identity/saved-identity.ts";
import { Identities } from "./identities.ts";

type Put = Partial<Record<"files" | "saved" | "next", readonly [device: string, startsIn: number]>>;

/** Which of those that are there counts, and what comes after it. */
async function chosen(put: Put): Promise<readonly [string, string | undefined, number]> {
  await using identities = await Identities.create();
  if (put.files) await identities.putFiles(...put.files);
  if (put.saved) await identities.putSaved(...put.saved);
  if (put.next) await identities.putNext(...put.next);
  const { identity, before, warnings } = chooseIdentity(identities);
  return [identity.place, before?.place, warnings.length];
}

const CASES: readonly (readonly [string, Put, readonly [string, string | undefined, number]])[] = [
  ["files alone", { files: ["a", 0] }, ["files", undefined, 0]],
  ["what was issued alone", { saved: ["a", 0] }, ["saved", undefined, 0]],
  ["what the server has not seen alone", { next: ["a", 0] }, ["next", undefined, 0]],
  ["the later of two: issued", { files: ["a", 0], saved: ["a", 1] }, ["saved", undefined, 0]],
  ["the later of two: files", { files: ["a", 1], saved: ["a", 0] }, ["files", undefined, 0]],
  ["of two at once what was issued", { files: ["a", 0], saved: ["a", 0] }, ["saved", undefined, 0]],
  ["of two devices the files", { files: ["b", 0], saved: ["a", 1] }, ["files", undefined, 1]],
  ["what was issued in its place", { saved: ["a", 1], next: ["a", 1] }, ["next", "saved", 0]],
  ["the same, whatever the server's clock", { saved: ["a", 1], next: ["a", 0] }, ["next", "saved", 0]],
  ["issued in the place of files", { files: ["a", 0], next: ["a", 1] }, ["next", "files", 0]],
  ["files that came since", { files: ["a", 2], saved: ["a", 0], next: ["a", 1] }, ["files", undefined, 0]],
  ["not what was issued to another", { files: ["a", 0], next: ["b", 1] }, ["files", undefined, 1]],
];

for (const [name, put, expected] of CASES)
  test(`of identities counts ${name}`, async () => assert.deepEqual(await chosen(put), expected));

test("a file that is damaged is told and left alone, and the other one counts", async () => {
  await using identities = await Identities.create();
  await identities.putFiles("a", 0);
  await identities.putSaved("a", 1);
  await identities.putNext("a", 2);
  const places: string[] = [];
  for (const name of ["identity-next.json", "identity.json"]) {
    truncateSync(identities.path(name), 300);
    const { identity, warnings } = chooseIdentity(identities);
    places.push(identity.place);
    assert.match(
      warnings.join("\n"),
      new RegExp(
        `${name} cannot be used: .*${identity.place === "files" ? "device.crt" : "identity.json"} is used`,
      ),
    );
  }
  assert.deepEqual(places, ["saved", "files"]);
  writeFileSync(identities.paths.cert, "no certificate");
  await identities.putSaved("a", 1);
  assert.equal(chooseIdentity(identities).identity.place, "saved");
  assert.match(chooseIdentity(identities).warnings.join(), /device\.crt holds no PEM certificate/);
});

test("no file that can be damaged keeps a device from the identity in the other", async () => {
  await using identities = await Identities.create();
  await identities.putFiles("a", 0);
  const whole = JSON.stringify({ format: 1, ...(await identities.issue("a", 1)) });
  const damage = fc.oneof(
    fc.nat(whole.length - 1).map((length) => whole.slice(0, length)),
    fc
      .tuple(fc.nat(whole.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, text]) => whole.slice(0, at) + text + whole.slice(at + text.length)),
    fc.string(),
    fc.json(),
  );
  fc.assert(
    fc.property(damage, damage, (saved, next) => {
      writeFileSync(identities.path("identity.json"), saved);
      writeFileSync(identities.path("identity-next.json"), next);
      assert.equal(chooseIdentity(identities).identity.deviceId, "a");
    }),
    { numRuns: 60 },
  );
});

test("files that are not there are nothing to tell of, unless there is no identity at all", async () => {
  await using identities = await Identities.create();
  assert.throws(
    () => chooseIdentity(identities),
    (error: JamesError) => error.code === "FILE_UNREADABLE" && /--enroll/.test(error.hint ?? ""),
  );
  await identities.putSaved("a", 0);
  assert.deepEqual(chooseIdentity(identities).warnings, []);
  identities.write("identity.json", { certificate: "x" });
  assert.throws(() => chooseIdentity(identities), { code: "STORE_CORRUPT" });
});

test("a request that is under way is told, and is no identity", async () => {
  await using identities = await Identities.create();
  await identities.putSaved("a", 0);
  const request = { name: "a", key: newKey() };
  identities.write("identity-next.json", request);
  assert.deepEqual(chooseIdentity(identities).pending, { ...request, problem: undefined });
  identities.write("identity-next.json", { ...request, name: "b" });
  assert.equal(chooseIdentity(identities).pending, undefined);
  rmSync(identities.path("identity.json"));
  assert.throws(() => chooseIdentity(identities), { code: "FILE_UNREADABLE" });
});

test("a form that only a later version knows is left alone", async () => {
  await using identities = await Identities.create();
  await identities.putFiles("a", 0);
  identities.write("identity.json", { ...(await identities.issue("a", 1)), format: 2 });
  const { identity, warnings } = chooseIdentity(identities);
  assert.equal(identity.place, "files");
  assert.match(warnings.join(), /identity\.json cannot be used: its format is 2, not 1/);
});
