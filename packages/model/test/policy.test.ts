import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  checkConffiles,
  connectivitySeconds,
  isAuthentic,
  JamesError,
  MAX_CONFIRM_SECONDS,
  type Manifest,
  makePacket,
  type Policy,
  parsePolicy,
  REMOVAL_POLICIES,
  samePolicy,
  sha256,
  UNOWNED_POLICIES,
} from "@jamesd/model";

const owner = { uid: 0, gid: 0 };
const file = (path: string) =>
  ({ type: "file", path, mode: 0o644, ...owner, size: 1, digest: sha256(path) }) as const;
const MANIFEST: Manifest = [
  { type: "directory", path: "etc", mode: 0o755, ...owner },
  file("etc/app.conf"),
  { type: "symlink", path: "etc/link", target: "app.conf", ...owner },
];

function failsWith(code: string, message: RegExp) {
  return (thrown: unknown): boolean =>
    thrown instanceof JamesError &&
    thrown.code === code &&
    message.test(thrown.message) &&
    Boolean(thrown.hint);
}

describe("a policy", () => {
  test("has a time that a device can wait, in whole seconds", () => {
    for (const connectivity of [1, 300, MAX_CONFIRM_SECONDS])
      assert.deepEqual(parsePolicy({ confirm: { connectivity } }), { confirm: { connectivity } });
    for (const connectivity of [0, -1, 1.5, MAX_CONFIRM_SECONDS + 1, Number.NaN])
      assert.throws(
        () => parsePolicy({ confirm: { connectivity } }),
        failsWith("REQUEST_INVALID", /cannot wait/),
      );
    assert.deepEqual(parsePolicy({ confirm: undefined, unowned: undefined }), {});
  });

  test("is the same as another when both ask for the same", () => {
    const all: readonly Policy[] = [
      {},
      { confirm: { connectivity: 1 } },
      { confirm: { connectivity: 2 } },
      ...UNOWNED_POLICIES.map((unowned) => ({ unowned })),
      ...REMOVAL_POLICIES.map((removal) => ({ removal })),
    ];
    for (const a of all) for (const b of all) assert.equal(samePolicy(a, { ...b }), a === b);
    assert.ok(samePolicy({}, { confirm: undefined, unowned: undefined }));
  });

  test("of several, the longest time counts", () => {
    assert.equal(connectivitySeconds([{}, { unowned: "adopt" }]), undefined);
    assert.equal(
      connectivitySeconds([{ confirm: { connectivity: 3 } }, {}, { confirm: { connectivity: 60 } }]),
      60,
    );
  });
});

describe("configuration files", () => {
  test("are files of the packet", () => {
    checkConffiles({ conffiles: ["etc/app.conf"], manifest: MANIFEST });
    for (const path of ["etc", "etc/link", "etc/other.conf", "/etc/app.conf", ""])
      assert.throws(
        () => checkConffiles({ conffiles: [path], manifest: MANIFEST }),
        failsWith("CONFFILE_INVALID", /is not a file of the packet/),
      );
  });

  test("leave the name beside them free", () => {
    const manifest = [...MANIFEST, file("etc/app.conf.jamesd-new")];
    assert.throws(
      () => checkConffiles({ conffiles: ["etc/app.conf"], manifest }),
      failsWith("CONFFILE_INVALID", /app\.conf\.jamesd-new/),
    );
  });
});

test("capabilities are part of what a packet is, and not for configuration files", () => {
  const content = { name: "p", tags: ["v1"], scripts: {}, manifest: MANIFEST };
  const [plain, capable] = [undefined, `01000002${"0".repeat(32)}`].map((capability) =>
    MANIFEST.map((entry) => (entry.type === "file" ? { ...entry, capability } : entry)),
  );
  assert.ok(plain && capable);
  assert.equal(makePacket({ ...content, manifest: plain }).digest, makePacket(content).digest);
  assert.notEqual(makePacket({ ...content, manifest: capable }).digest, makePacket(content).digest);
  assert.throws(
    () => checkConffiles({ conffiles: ["etc/app.conf"], manifest: capable }),
    failsWith("CONFFILE_INVALID", /app\.conf has file capabilities/),
  );
});

test("conffiles, policy, setid and agent are part of what a packet is; without them its digest is what it was", () => {
  const content = { name: "p", tags: ["v1"], scripts: {}, manifest: MANIFEST };
  const plain = makePacket(content);
  assert.equal(
    makePacket({ ...content, conffiles: [], policy: {}, setid: false, agent: false }).digest,
    plain.digest,
  );
  const others = [
    makePacket({ ...content, conffiles: ["etc/app.conf"] }),
    makePacket({ ...content, policy: { unowned: "refuse" } }),
    makePacket({ ...content, policy: { confirm: { connectivity: 5 } } }),
    makePacket({ ...content, setid: true }),
    makePacket({ ...content, agent: true }),
  ];
  assert.equal(new Set([plain, ...others].map(({ digest }) => digest)).size, 6);
  for (const packet of others) {
    assert.ok(isAuthentic(packet));
    assert.ok(!isAuthentic({ ...packet, digest: plain.digest }));
  }
});
