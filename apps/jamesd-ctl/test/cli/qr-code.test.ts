import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { painter } from "@jamesd/config/print";
import { decodeQR } from "qr/decode.js";
import { print } from "../../src/cli/print.ts";

const LINK = "https://fleet.example:8443/devices/00%3A1a%3A2b%20%C3%A9%3F%23%25";
/** So many pixels a module. */
const SCALE = 4;
const HALVES = [" ", "▄", "▀", "█"];

/** What is printed of a link. */
async function printed(format: "table" | "json" | "yaml", color: "always" | "never"): Promise<string> {
  const out: string[] = [];
  const output = { out: (text: string) => void out.push(text), err: assert.fail };
  const paint = painter(color, { isTerminal: false, env: {} });
  await print({ link: LINK, data: { id: "a", url: LINK } }, { format, paint, screen: undefined, output });
  return out.join("");
}

/** What a camera sees of lines of half blocks: `drawn` and `ground` are how light the characters and what is behind them are. */
function seen(lines: readonly string[], drawn: number, ground: number) {
  const rows = lines.flatMap((line) => {
    const cells = [...line].map((character) => HALVES.indexOf(character));
    return [cells.map((cell) => cell >> 1), cells.map((cell) => cell & 1)];
  });
  const [height, width] = [rows.length * SCALE, (rows[0]?.length ?? 0) * SCALE];
  const data = new Uint8Array(height * width * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const light = rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] ? drawn : ground;
      data.fill(light, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  return { height, width, data };
}

test("the code with colours is black on white on every terminal, and is read as the link below it", async () => {
  const [link, ...lines] = (await printed("table", "always")).trimEnd().split("\n").reverse();
  assert.equal(link, LINK);
  const plain = lines.reverse().map(stripVTControlCharacters);
  for (const [i, line] of lines.entries()) assert.equal(line, `\x1b[38;5;16;48;5;231m${plain[i]}\x1b[0m`);
  assert.equal(decodeQR(seen(plain, 0, 255), { timeLimit: 60_000 }), LINK);
  for (const line of [...plain.slice(0, 2), plain.at(-1) ?? ""]) assert.match(line, /^ +$/, "the quiet zone");
  for (const line of plain) assert.match(line, /^ {4}.* {4}$/);
});

test("the code without colours is light on a dark ground", async () => {
  const lines = (await printed("table", "never")).trimEnd().split("\n").slice(0, -1);
  assert.equal(decodeQR(seen(lines, 255, 0), { timeLimit: 60_000 }), LINK);
  assert.match(lines[0] ?? "", /^█+$/, "the quiet zone");
});

test("as data it is the link", async () => {
  assert.deepEqual(JSON.parse(await printed("json", "always")), { id: "a", url: LINK });
  assert.equal(await printed("yaml", "always"), `id: a\nurl: ${LINK}\n`);
});
