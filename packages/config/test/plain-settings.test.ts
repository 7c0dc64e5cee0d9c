import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plainSettings } from "../src/plain-settings.ts";
import { parseYaml } from "../src/yaml.ts";

test("what the documentation shows is read without YAML", () => {
  const text = `# /etc/jamesc/jamesc.yaml
addr: jamesd.example.com:2761
key: /etc/jamesc/pki/device.key   # ours
system-tags: [site-berlin, canary]
limits: entries=100000,bytes=8GiB

server-name: "the server"
once: true
`;
  assert.deepEqual(plainSettings(text), {
    addr: "jamesd.example.com:2761",
    key: "/etc/jamesc/pki/device.key",
    "system-tags": ["site-berlin", "canary"],
    limits: "entries=100000,bytes=8GiB",
    "server-name": "the server",
    once: "true",
  });
});

const words = fc.string({
  unit: fc.constantFrom(..."a1/_.@+=-,: #'\"[]{}&*!|>%`~?<\\\t\r", "é", "null", "\uFEFF"),
  maxLength: 8,
});
const lines = fc.oneof(
  fc
    .tuple(fc.constantFrom("addr", "key", "a-b", "A", " x", "...", "---"), words)
    .map(([name, word]) => `${name}: ${word}`),
  words,
);

test("a list of nothing is one", () => {
  for (const text of ["tags: []", "tags: [ ]"])
    assert.deepEqual(plainSettings(text), { ...Object(parseYaml("a.yaml", text)) });
});

test("what is read without YAML is what YAML makes of it", () => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 4 }), fc.constantFrom("\n", "\r\n"), (parts, end) => {
      const text = parts.join(end);
      const plain = plainSettings(text);
      if (plain !== undefined) assert.deepEqual(plain, { ...Object(parseYaml("a.yaml", text)) });
    }),
    { numRuns: 3000 },
  );
});
