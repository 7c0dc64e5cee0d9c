import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import { DEFAULT_PORT, parseAddress } from "@jamesd/protocol";
import { addressText, hostText } from "@jamesd/protocol/device";
import fc from "fast-check";

const GOOD: Readonly<Record<string, [string, number]>> = {
  jamesd: ["jamesd", 2761],
  "jamesd:443": ["jamesd", 443],
  ":2761": ["", 2761],
  ":0": ["", 0],
  "127.0.0.1:65535": ["127.0.0.1", 65535],
  "[::1]:443": ["::1", 443],
  "[fe80::1]": ["fe80::1", 2761],
  "[fe80::1%eth0]:443": ["fe80::1%eth0", 443],
  "[fe80::1%br-lan.100]": ["fe80::1%br-lan.100", 2761],
  "https://jamesd.example.com:443/": ["jamesd.example.com", 443],
  "https://jamesd": ["jamesd", 2761],
};

const BAD = [
  "",
  "/",
  "https://",
  "https:///",
  ":",
  "a:",
  "a:b",
  "a:65536",
  "a:-1",
  "a:123456",
  "::1",
  "::1:443",
  "[]",
  "[::1",
  "[jamesd]",
  "[fe80::1%]",
  "[fe80::1%eth0",
  "[fe80::1%eth0 x]",
  "[fe80::1%an-interface-so-long]",
  "fe80::1%eth0",
  "jamesd%eth0:x",
  "a b",
  "a/b",
  "http://a",
  "a:1:2",
  "a\n",
];

test("the port is the protocol's where none is said", () => {
  assert.equal(DEFAULT_PORT, 2761);
});

for (const [text, [host, port]] of Object.entries(GOOD))
  test(`${text} is an address`, () => {
    assert.deepEqual(parseAddress(text), { host, port });
  });

for (const text of BAD)
  test(`${JSON.stringify(text)} is none`, () => {
    assert.throws(
      () => parseAddress(text),
      (thrown) =>
        thrown instanceof JamesError &&
        thrown.code === "USAGE" &&
        thrown.message.includes(JSON.stringify(text)) &&
        thrown.hint !== undefined,
    );
  });

test("a request does not say by which interface of the device it goes", () => {
  assert.equal(hostText(parseAddress("[fe80::1%eth0]:443")), "[fe80::1]:443");
  assert.equal(hostText(parseAddress("jamesd:443")), "jamesd:443");
});

test("law: what is written is read back, and no text does worse than USAGE", () => {
  const port = fc.nat(65535);
  const written = fc.oneof(
    fc.tuple(fc.domain(), port).map(([host, at]) => ({ host, port: at, text: `${host}:${at}` })),
    fc.tuple(fc.ipV6(), port).map(([host, at]) => ({ host, port: at, text: `[${host}]:${at}` })),
  );
  fc.assert(
    fc.property(written, ({ text, ...address }) => {
      assert.deepEqual(parseAddress(text), address);
      assert.equal(addressText(address), text);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { host, port: at } = parseAddress(text);
        assert.ok(at >= 0 && at <= 65535 && !/[\s/]/.test(host));
      } catch (thrown) {
        assert.equal((thrown as JamesError).code, "USAGE");
      }
    }),
  );
});
