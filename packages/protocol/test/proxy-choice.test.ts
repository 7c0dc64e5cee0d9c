import assert from "node:assert/strict";
import { test } from "node:test";
import { JamesError } from "@jamesd/model";
import fc from "fast-check";
import { isNamed } from "../src/no-proxy.ts";
import { parseProxy, proxyText, proxyUrl } from "../src/proxy.ts";
import { PROXY_OPTION, wayTo } from "../src/proxy-choice.ts";

const at = (host: string, port = 2761) => ({ host, port });
const env = (more: Record<string, string>) => ({ https_proxy: "http://proxy:3128", ...more });
const through = (host: string, variables: Record<string, string>) =>
  wayTo(at(host), PROXY_OPTION.usual(variables)).proxy?.host;

test("what is written of a proxy is read, and who asks it", () => {
  assert.deepEqual(parseProxy("http://proxy.example:3128/"), { host: "proxy.example", port: 3128 });
  assert.deepEqual(parseProxy("10.0.0.1:8080"), { host: "10.0.0.1", port: 8080 });
  assert.deepEqual(parseProxy("HTTP://u:p@[fe80::1]:1"), {
    host: "fe80::1",
    port: 1,
    user: { name: "u", password: "p" },
  });
  assert.deepEqual(parseProxy("http://a%40b:c:%64@d@h:1")?.user, { name: "a@b", password: "c:d@d" });
  assert.deepEqual(parseProxy("http://only@h:1")?.user, { name: "only", password: "" });
  assert.deepEqual(parseProxy("http://u:100%@h:1")?.user, { name: "u", password: "100%" });
  assert.equal(parseProxy("none"), undefined);
});

test("what cannot be used is refused with a way out, and no password is said", () => {
  const refused = [
    ...["", "proxy", "http://proxy", "http://u:secret@proxy", "http://:3128", "http://h:0", "http://h:99999"],
    ...["socks5://u:secret@h:1080", "socks4a://h:1", "https://u:secret@h:1", "ftp://u:secret@h:1"],
    ...["http://u:sec%0Aret@h:1", "http://u%3Av:secret@h:1", "http://u:secret@h:1/path"],
  ];
  for (const text of refused)
    assert.throws(
      () => parseProxy(text),
      (thrown) => {
        assert.ok(thrown instanceof JamesError);
        assert.equal(thrown.code, "USAGE");
        assert.ok(thrown.hint, text);
        assert.doesNotMatch(
          JSON.stringify([thrown.message, thrown.hint, thrown.cause]),
          /secret|sec%0A/,
          text,
        );
        return true;
      },
      text,
    );
  assert.throws(() => parseProxy("socks5h://h:1"), /SOCKS/);
  assert.throws(() => parseProxy("https://h:1"), /TLS/);
});

test("a proxy as an URL is the same proxy; as messages name it, nobody asks it", () => {
  const word = fc.string({ unit: "binary-ascii", maxLength: 12 }).filter((text) => !/[^ -~]/.test(text));
  fc.assert(
    fc.property(
      word.filter((name) => !name.includes(":")),
      word,
      (name, password) => {
        const proxy = { host: "h", port: 1, user: { name, password } };
        assert.deepEqual(parseProxy(proxyUrl(proxy)), proxy);
        assert.equal(proxyText(proxy), "h:1");
      },
    ),
  );
});

test("the option counts before the variables, and then for every server", () => {
  const choice = PROXY_OPTION.parse("http://mine:1");
  for (const host of ["localhost", "example.com"]) assert.equal(wayTo(at(host), choice).proxy?.host, "mine");
  assert.deepEqual(wayTo(at("example.com"), PROXY_OPTION.parse("none")), at("example.com"));
});

test("of the variables the small ones count first, an empty one says nothing, this machine is reached directly", () => {
  assert.equal(through("example.com", {}), undefined);
  assert.equal(through("example.com", env({ HTTPS_PROXY: "http://other:1" })), "proxy");
  assert.equal(through("example.com", { https_proxy: "", HTTPS_PROXY: "other:1" }), "other");
  assert.equal(through("example.com", { http_proxy: "other:1" }), undefined);
  assert.equal(through("example.com", env({ NO_PROXY: "example.com" })), undefined);
  assert.equal(through("example.com", env({ no_proxy: "other", NO_PROXY: "example.com" })), "proxy");
  for (const host of ["localhost", "a.LOCALHOST.", "127.8.0.1", "::1", ""])
    assert.equal(through(host, env({})), undefined, host);
});

test("a variable that cannot be used is named when it counts, and not before", () => {
  const variables = { HTTPS_PROXY: "socks5://u:secret@h:1" };
  assert.equal(through("127.0.0.1", variables), undefined);
  assert.throws(() => through("example.com", variables), /HTTPS_PROXY: .*SOCKS/);
});

test("no_proxy names hosts, what is below them, addresses and networks", () => {
  const cases: readonly (readonly [host: string, list: string, isNamed: boolean])[] = [
    ["example.com", "example.com", true],
    ["a.example.com", "example.com", true],
    ["a.example.com", ".example.com", true],
    ["example.com", ".example.com", true],
    ["a.example.com", "*.example.com", true],
    ["Example.COM.", "eXample.com", true],
    ["example.com", "example.com.", true],
    ["badexample.com", "example.com", false],
    ["example.com", "a.example.com", false],
    ["example.com", "other, example.com", true],
    ["example.com", "other example.com", true],
    ["example.com", "", false],
    ["example.com", ".", false],
    ["example.com", "*", true],
    ["10.1.2.3", "*", true],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "2.3", false],
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "0.0.0.0/0", true],
    ["10.1.2.3", "10.0.0.0/33", false],
    ["10.1.2.3", "10.0.0.0/x", false],
    ["10.1.2.3", "::/0", false],
    ["fe80::1%eth0", "fe80::/10", true],
    ["fd00::1", "[fd00:0::1]", true],
    ["fd00::1", "fd00:0::1", true],
    ["fd00::2", "fd00::1", false],
    ["example.com", "10.0.0.0/8", false],
    ["example.com", "example.com:2761", true],
    ["example.com", "example.com:443", false],
    ["fd00::1", "[fd00::1]:443", false],
  ];
  for (const [host, list, expected] of cases)
    assert.equal(isNamed(at(host), list), expected, `${host} in ${JSON.stringify(list)}`);
});

test("a network names just the addresses that begin as it does", () => {
  const octet = fc.nat(255);
  const address = fc.tuple(octet, octet, octet, octet);
  const bitsOf = (parts: readonly number[]) =>
    parts.map((part) => part.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(address, address, fc.nat(32), fc.nat(32), (a, b, same, length) => {
      // As likely as not it is within.
      const near = bitsOf(a).slice(0, same) + bitsOf(b).slice(same);
      const host =
        near
          .match(/.{8}/g)
          ?.map((bits) => Number.parseInt(bits, 2))
          .join(".") ?? "";
      const isWithin = near.slice(0, length) === bitsOf(a).slice(0, length);
      assert.equal(isNamed(at(host), `${a.join(".")}/${length}`), isWithin);
    }),
  );
});

test("whatever list there is, none fails, and one more name takes nobody out of it", () => {
  fc.assert(
    fc.property(fc.string(), fc.domain(), fc.domain(), (list, host, other) => {
      const before = isNamed(at(host), list);
      assert.equal(
        isNamed(at(host), `${list},${other}`),
        before || host === other || host.endsWith(`.${other}`),
      );
      assert.ok(isNamed(at(`www.${host}`), `${list},${host}`));
    }),
  );
});
