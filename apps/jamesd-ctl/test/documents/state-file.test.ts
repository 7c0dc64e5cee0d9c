import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { printResult } from "@jamesd/config/print";
import { type ErrorCode, isWord, JamesError, parseName, policyView } from "@jamesd/model";
import fc from "fast-check";
import { parseStateFile } from "../../src/documents/state-file.ts";

const SEED = `id: device-1
systemtags:
- armv7l
- glibc-2.23
- systemd
apps:
- name: openvpn
  tags:
  - v1.0.0
`;

function refused(text: string, code: ErrorCode, ...words: readonly string[]): void {
  assert.throws(
    () => parseStateFile(text, "state.yaml"),
    (error) => {
      assert.ok(error instanceof JamesError);
      assert.equal(error.code, code, error.message);
      const said = `${error.message} ${error.hint}`;
      for (const word of ["state.yaml", ...words]) assert.ok(said.includes(word), `${said} lacks ${word}`);
      return true;
    },
  );
}

test("the seed's state is read, and printed byte for byte", async () => {
  const state = parseStateFile(SEED, "state.yaml");
  assert.deepEqual(state, {
    id: "device-1",
    systemtags: ["armv7l", "glibc-2.23", "systemd"],
    apps: [{ name: "openvpn", tags: ["v1.0.0"] }],
    revision: undefined,
    policy: {},
  });
  const { id, systemtags, apps } = state;
  assert.equal(await printResult({ data: { id, systemtags, apps } }, "yaml"), SEED);
});

test("how it is to be carried out is read, and printed as it is read", async () => {
  const text = `${SEED}confirm: connectivity=2m\nunowned: adopt\nremoval: forced\n`;
  const { policy } = parseStateFile(text, "state.yaml");
  assert.deepEqual(policy, { confirm: { connectivity: 120 }, unowned: "adopt", removal: "forced" });
  assert.deepEqual(policyView(policy), { confirm: "connectivity=2m", unowned: "adopt", removal: "forced" });
  assert.deepEqual(parseStateFile(`${SEED}confirm: connectivity\n`, "").policy, {
    confirm: { connectivity: 300 },
  });
  for (const bad of ["connectivity=2", "connectivity=0s", "connectivity=2d", "ping", "connectivity="])
    refused(`${SEED}confirm: ${bad}\n`, "STATE_INVALID", "line 10", "confirm");
  refused(`${SEED}unowned: steal\n`, "STATE_INVALID", "refuse, adopt, overwrite");
  refused(`${SEED}removal: "yes"\n`, "STATE_INVALID", "strict, forced, unscripted");
});

test("whatever is printed is read back the same", async () => {
  const tag = fc.oneof(
    fc.string({ minLength: 1, maxLength: 20 }).filter(isWord),
    fc.constantFrom(
      "1.0",
      "yes",
      "~",
      "null",
      "0x1F",
      "1_000",
      "-",
      "*a",
      "&a",
      "!x",
      "#x",
      "12:30",
      "<<",
      "[",
      "{}",
    ),
  );
  const isName = (text: string): boolean => {
    try {
      return parseName(text) === text;
    } catch {
      return false;
    }
  };
  const app = fc.record({ name: tag.filter(isName), tags: fc.uniqueArray(tag) }, { noNullPrototype: true });
  const state = fc.record(
    {
      id: fc.string({ minLength: 1 }),
      systemtags: fc.uniqueArray(tag),
      apps: fc.uniqueArray(app, { selector: ({ name }) => name }),
    },
    { noNullPrototype: true },
  );
  await fc.assert(
    fc.asyncProperty(state, async (data) => {
      const read = parseStateFile(await printResult({ data }, "yaml"), "state.yaml");
      assert.deepEqual({ id: read.id, systemtags: read.systemtags, apps: read.apps }, data);
    }),
  );
});

test("revision and tags may be given or not; aliases stand for what they name", async () => {
  const state = parseStateFile(
    "id: a\nrevision: 3\napps:\n- name: x\n- name: y\n  tags: &t [b]\n- {name: z, tags: *t}\n",
    "s",
  );
  assert.equal(state.revision, 3);
  assert.deepEqual(state.apps, [
    { name: "x", tags: [] },
    { name: "y", tags: ["b"] },
    { name: "z", tags: ["b"] },
  ]);
});

test("JSON, line ends of Windows, marks of a document and a comment behind it say the same", async () => {
  const plain = parseStateFile("id: a\napps: []\n", "s");
  for (const text of [
    '{"id":"a","apps":[]}',
    "id: a\r\napps: []\r\n",
    "---\nid: a\napps: []\n...\n",
    "id: a\napps: []\n# end",
  ])
    assert.deepEqual(parseStateFile(text, "s"), plain, text);
});

test("a state may say that it is one", async () => {
  assert.equal(parseStateFile(`kind: device\n${SEED}`, "s").id, "device-1");
  refused(`kind: spec\n${SEED}`, "STATE_INVALID", "line 1", "kind is spec", "jamesd-ctl apply");
  refused(`${SEED}kind: machine\n`, "STATE_INVALID", "line 10", "kind", "neither device nor spec");
});

suite("what is wrong is refused with its place", () => {
  test("an unknown key", async () => {
    refused(SEED.replace("apps:", "aps:"), "STATE_INVALID", "line 6", '"aps"', "systemtags");
    refused(SEED.replace("  tags:", "  tag:"), "STATE_INVALID", "line 8", '"tag"', "apps[0]");
  });
  test("a missing key", async () => {
    refused("apps: []\n", "STATE_INVALID", "id");
    refused("id: a\n", "STATE_INVALID", "apps");
    refused("id: a\napps:\n- tags: []\n", "STATE_INVALID", "line 3", "apps[0]", "name");
  });
  test("a wrong type", async () => {
    refused("- a\n", "STATE_INVALID", "a list");
    refused("id: a\napps: x\n", "STATE_INVALID", "line 2", "apps");
    refused("id: a\napps:\n", "STATE_INVALID", "line 2", "apps is empty", "[]");
    refused("id: a\napps:\n- x\n", "STATE_INVALID", "line 3", "apps[0]");
    refused("id: [a]\napps: []\n", "STATE_INVALID", "id is a list");
    refused('id: ""\napps: []\n', "STATE_INVALID", "id is empty");
    refused("id: a\napps: []\nrevision: 1.5\n", "STATE_INVALID", "line 3", "revision");
    refused("id: a\napps: []\nrevision: -1\n", "STATE_INVALID", "revision");
  });
  test("a number, a truth or nothing in place of a tag is never made a text", async () => {
    for (const written of ["1.0", "1", "true", "0x1F", "1e3", ".inf"])
      refused(SEED.replace("v1.0.0", written), "STATE_INVALID", "line 9", "apps[0].tags[0]", `"${written}"`);
    refused(SEED.replace("v1.0.0", ""), "STATE_INVALID", "apps[0].tags[0] is empty");
    refused(SEED.replace("device-1", "7"), "STATE_INVALID", "line 1", '"7"');
  });
  test("a tag with a comma or a space, a bad name", async () => {
    refused(SEED.replace("v1.0.0", '"a b"'), "TAG_INVALID", "line 9", "apps[0].tags[0]", "a b");
    refused(SEED.replace("v1.0.0", "a,b"), "TAG_INVALID", "line 9");
    refused(SEED.replace("systemd", "a,b"), "TAG_INVALID", "line 5", "systemtags[2]");
    refused(SEED.replace("openvpn", "../x"), "NAME_INVALID", "line 7", "apps[0].name");
  });
  test("the same app twice, the same key twice", async () => {
    refused(`${SEED}- name: openvpn\n`, "APP_DUPLICATE", "line 10", "openvpn");
    refused(`${SEED}id: b\n`, "STATE_INVALID", "line 10");
  });
  test("no document, several, no YAML, an unknown YAML tag", async () => {
    refused("", "STATE_INVALID", "empty");
    refused("# nothing\n", "STATE_INVALID");
    refused(`${SEED}---\n${SEED}`, "STATE_INVALID", "second document");
    refused("id: [a\n", "STATE_INVALID", "line");
    refused("id: !secret a\napps: []\n", "STATE_INVALID", "line 1", "!secret");
  });
  test("what is nested too deeply, in words", async () => {
    for (const text of [
      "[".repeat(100_000),
      Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    ])
      assert.throws(() => parseStateFile(text, "s"), {
        code: "STATE_INVALID",
        message: /is nested too deeply$/,
      });
  });

  test("an alias bomb, an alias of itself and one of nothing end quickly", async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    refused(`a0: &a0 [x]\n${levels.join("\n")}\n`, "STATE_INVALID");
    refused("id: a\napps: &a\n- *a\n", "STATE_INVALID");
    refused("id: a\napps: *b\n", "STATE_INVALID");
    const tags = Array.from({ length: 20_000 }, (_, i) => `&x${i} t${i}, *x${i}`);
    refused(`id: a\nsystemtags: [${tags.join(", ")}]\napps: []\n`, "STATE_INVALID", "more than 100 aliases");
  });
});
