import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  isWord,
  JamesError,
  MAX_WORD,
  parseApps,
  parseName,
  parseTag,
  parseTagList,
  parseTags,
  sameTags,
  sortedTags,
} from "@jamesd/model";
import fc from "fast-check";
import { shuffled } from "./arbitraries.ts";

function refuses(code: string, naming: string) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof JamesError);
    assert.equal(thrown.code, code);
    assert.ok(thrown.message.includes(naming), thrown.message);
    assert.ok(thrown.hint);
    return true;
  };
}

const SEED = ["armv7l", "glibc-2.23", "systemd", "v1.0.0"];
const GOOD = [
  ...SEED,
  "a=b",
  "c++",
  "~",
  "größe",
  "設備",
  "हिन्दी",
  "ไทยน้ำ",
  "தமிழ்",
  "ខ្មែរ",
  "བོད",
  "tiếng-việt",
  "ẹ́",
  "עִבְרִית",
  "x̀",
  "a/b",
  "{x}",
  "x".repeat(MAX_WORD),
];
const BAD: Readonly<Record<string, string>> = {
  nothing: "",
  "a comma": "a,b",
  "a space": "a b",
  "a tab": "a\tb",
  "a line feed at the end": "a\n",
  "a NUL": "a\0",
  "an escape": "a\u001b[31m",
  "a no-break space": "a\u00a0b",
  "a zero-width space": "a\u200bb",
  "a zero-width joiner": "a\u200d",
  "a right-to-left override": "a\u202eb",
  "a byte order mark": "\ufeffa",
  "the Hangul filler, a letter that cannot be seen": "a\u3164",
  "the half-width Hangul filler": "a\uffa0",
  "a letter in two pieces, which looks like the one in one piece": "gro\u0308\u00dfe",
  "a mark without a letter": "\u0301a",
  "a mark on a digit": "v1\u0301",
  "a mark on a sign": "a-\u0301",
  "a mark twice, which looks like once": "\u0627\u064e\u064e",
  "a mark on a letter that has it": "\u00e1\u0301",
  "more marks than anybody sees": "x\u0316\u0317\u0318\u0319\u031c",
  "marks in another order": "x\u0301\u0316",
  "a dot on i, which has one": "i\u0307",
  "a dot on i below a mark": "i\u0330\u0307",
  "a dot on l, which looks like i": "l\u0307",
  "a stroke, which makes another letter of one": "o\u0338",
  "a circle around a letter": "a\u20dd",
  "a variation selector": "a\ufe0f",
  "the joiner that nobody sees": "a\u034f",
  "Vietnamese in pieces": "ti\u00ea\u0301ng",
  "the Kelvin sign, which looks like K": "\u212a",
  "half of a surrogate pair": "a\ud800",
  "one character too many": "x".repeat(MAX_WORD + 1),
};

describe("tags", () => {
  for (const tag of GOOD)
    test(`${tag.slice(0, 20)} is a tag`, () => {
      assert.equal(parseTag(tag), tag);
    });

  for (const [what, text] of Object.entries(BAD))
    test(`${what} is refused`, () => {
      assert.throws(() => parseTag(text), refuses("TAG_INVALID", JSON.stringify(text)));
      assert.throws(() => parseTags(["ok", text]), refuses("TAG_INVALID", JSON.stringify(text)));
      assert.throws(() => parseName(text), refuses("NAME_INVALID", JSON.stringify(text)));
    });

  test("a character of ASCII is judged the same alone and beside a letter of another script", () => {
    for (let code = 0; code < 0x80; code++) {
      const character = String.fromCharCode(code);
      assert.equal(isWord(character), isWord(`${character}ß`), JSON.stringify(character));
    }
  });

  test("the command line's form is a list with commas; nothing is no tag", () => {
    assert.deepEqual(parseTagList("v1.0.0,armv7l,systemd,glibc-2.23"), [
      "v1.0.0",
      "armv7l",
      "systemd",
      "glibc-2.23",
    ]);
    assert.deepEqual(parseTagList(""), []);
    for (const text of [",", "a,", ",a", "a,,b", "a, b", " "])
      assert.throws(() => parseTagList(text), refuses("TAG_INVALID", ""));
  });

  test("law: words go through the command line's form and come back, each once, in order", () => {
    const word = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }).filter(isWord);
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(parseTagList(words.join(",")), [...new Set(words)]);
      }),
    );
  });

  test("law: no word holds what separates words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        if (isWord(text)) assert.doesNotMatch(text, /[\s,\p{C}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  test("law: lists are the same when they hold the same tags", () => {
    const tag = fc.constantFrom("a", "b", "c");
    const lists = fc.array(tag).chain((one) => fc.tuple(fc.constant(one), shuffled(one), fc.array(tag)));
    fc.assert(
      fc.property(lists, ([one, order, other]) => {
        assert.ok(sameTags(one, [...order, ...order]));
        assert.deepEqual(sortedTags(order), sortedTags(one));
        const equal = one.every((word) => other.includes(word)) && other.every((word) => one.includes(word));
        assert.equal(sameTags(one, other), equal);
      }),
    );
  });
});

describe("names", () => {
  test("the seed's names are names", () => {
    for (const name of ["openvpn", "test-packet", "libc6", "g++", "größe"])
      assert.equal(parseName(name), name);
  });

  test("what could be a path or a flag is refused", () => {
    for (const name of [".", "..", ".hidden", "-f", "--cmd", "a/b", "/", "../x"])
      assert.throws(() => parseName(name), refuses("NAME_INVALID", JSON.stringify(name)));
  });
});

describe("apps of a state", () => {
  test("they come back checked, with what else they have, and each tag once", () => {
    assert.deepEqual(parseApps([{ name: "openvpn", tags: ["v1", "v1"], digest: "d" }]), [
      { name: "openvpn", tags: ["v1"], digest: "d" },
    ]);
  });

  test("an app that is listed twice, or has a wrong name or tag, is refused by name", () => {
    const twice = [
      { name: "openvpn", tags: ["v1"] },
      { name: "nginx", tags: [] },
      { name: "openvpn", tags: ["v2"] },
    ];
    assert.throws(() => parseApps(twice), refuses("APP_DUPLICATE", '"openvpn"'));
    assert.throws(() => parseApps([{ name: "", tags: [] }]), refuses("NAME_INVALID", '""'));
    assert.throws(() => parseApps([{ name: "a", tags: ["x y"] }]), refuses("TAG_INVALID", '"x y"'));
  });
});

test("of a word whose letters are in pieces it is said how to write it", () => {
  const pieces = "tie\u0302\u0301ng";
  for (const parse of [parseTag, parseName])
    assert.throws(
      () => parse(pieces),
      ({ hint }: JamesError) => hint?.includes('NFC: "tiếng"') === true,
    );
  assert.throws(
    () => parseTag("gro\u0308 \u00dfe"),
    ({ hint }: JamesError) => hint?.includes("no whitespace") === true,
  );
});

test("of two words that Unicode holds for the same one at most is a word", () => {
  const letters = fc.constantFrom(..."aioxılj\u0627\u0915\u0e01\u1ea1\u00e1");
  const marks = fc.constantFrom(
    ..."\u0301\u0307\u0316\u0323\u093f\u094d\u0e33\u0e49\u064e\u0338\u034f\u20dd",
  );
  const texts = fc.array(fc.oneof(letters, marks), { minLength: 1, maxLength: 6 }).map((all) => all.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const forms = new Set(["NFC", "NFD"].map((form) => text.normalize(form)).concat(text));
      assert.ok([...forms].filter(isWord).length <= 1);
      // A mark of which there are two, or one on nothing, is as good as unseen.
      if (isWord(text)) assert.doesNotMatch(text.normalize("NFD"), /^\p{M}|(\p{M})\1/u);
    }),
  );
});
