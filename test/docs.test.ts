import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXIT_CODES } from "@jamesd/config";
import { ERROR_CLASSES, sha256 } from "@jamesd/model";
import { ROUTES, STATUS_OF_CLASS } from "@jamesd/protocol";
import { GENERATED_FILES, refreshed } from "../docs/generate.ts";
import { placeOf } from "../packages/dashboard/src/logic/places.ts";
import { PICTURES } from "../scripts/screenshots/pictures.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SKIPPED = new Set(["node_modules", "dist", ".git", ".demo"]);
const PROGRAMS = ["jamesd", "jamesc", "jamesd-ctl", "pkitool"] as const;

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function markdownBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownBelow(path);
    return entry.name.endsWith(".md") ? [relative(ROOT, path)] : [];
  });
}

const DOCUMENTS = markdownBelow(ROOT);

/** All pictures of the dashboard together, in bytes: who clones has all that there ever were. */
const MOST_PICTURES = 600 * 1024;

/** The cells of every table row of a text. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test("docs/errors.md has every error code once, and no other", () => {
  const found = rowsOf(read("docs/errors.md")).flatMap(
    ([first = ""]) => /^`([A-Z_]+)`$/.exec(first)?.[1] ?? [],
  );
  assert.deepEqual(found.toSorted(), Object.keys(ERROR_CLASSES).toSorted());
});

test("docs/errors.md has every code under its class, with a meaning and a way out", () => {
  for (const section of read("docs/errors.md").split("\n## ").slice(1)) {
    const name = /\((\w+)\)/.exec(section.split("\n", 1)[0] ?? "")?.[1];
    for (const [first = "", meaning, wayOut] of rowsOf(section)) {
      const code = /^`([A-Z_]+)`$/.exec(first)?.[1];
      if (code === undefined) continue;
      assert.equal(name, ERROR_CLASSES[code as keyof typeof ERROR_CLASSES], code);
      assert.ok(meaning && wayOut, code);
    }
  }
});

test("docs/errors.md has the HTTP status of every class", () => {
  const statuses = Object.entries(STATUS_OF_CLASS).map(([name, status]) => [name, String(status)]);
  const documented = rowsOf(read("docs/errors.md")).filter(([name = "", status = ""]) => {
    return Object.hasOwn(EXIT_CODES, name) && /^\d{3}$/.test(status);
  });
  assert.equal(statuses.length, Object.keys(EXIT_CODES).length);
  assert.deepEqual(documented, statuses);
});

for (const name of GENERATED_FILES)
  test(`docs/${name} is as the code has it (else: node docs/generate.ts)`, async () => {
    const document = read(`docs/${name}`);
    assert.ok(document.includes("<!-- generated: "), "has a generated part");
    assert.equal(document, await refreshed(document));
  });

test("the text of the example in docs/formats.md has the digest that it says", () => {
  const found = /```\n(jamesd-packet-v1\n.*)\n```\n\nIts digest: `(\w+)`/.exec(read("docs/formats.md"));
  assert.equal(sha256(found?.[1] ?? ""), found?.[2]);
});

test("docs/protocol.md has every route, and no other", () => {
  const found = rowsOf(read("docs/protocol.md")).flatMap(
    ([first = ""]) => /^`([A-Z]+ \/v1\/\S+)`$/.exec(first)?.[1] ?? [],
  );
  assert.deepEqual(
    found,
    Object.values(ROUTES).map(({ method, path }) => `${method} ${path}`),
  );
});

test("relative links lead to files, and to headings that are there", () => {
  const broken = DOCUMENTS.flatMap((document) =>
    linksOf(read(document)).flatMap((link) => (isWhole(document, link) ? [] : [`${document}: ${link}`])),
  );
  assert.deepEqual(broken, []);
});

function linksOf(markdown: string): readonly string[] {
  const text = markdown.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

function isWhole(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(ROOT, document) : join(ROOT, dirname(document), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || (statSync(target).isFile() && anchorsOf(target).includes(anchor));
}

function anchorsOf(path: string): readonly string[] {
  const headings = readFileSync(path, "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The flags of each program, as docs/configuration.md has them: that is generated from the code. */
function knownFlags(): ReadonlyMap<string, ReadonlySet<string>> {
  const sections = read("docs/configuration.md").split("\n## ");
  return new Map(
    PROGRAMS.map((program) => {
      const section = sections.find((text) => text.startsWith(`${program}\n`)) ?? "";
      const flags = rowsOf(section).flatMap(([first = ""]) => /^`(--[a-z-]+)/.exec(first)?.[1] ?? []);
      return [program, new Set([...flags, "--help", ...(program === "jamesd-ctl" ? ["--cmd"] : [])])];
    }),
  );
}

interface Line {
  readonly document: string;
  readonly program: string;
  readonly words: readonly string[];
}

/** Every line of a shell block that starts one of the programs. */
function commandLines(): readonly Line[] {
  return DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/```bash\n([\s\S]*?)```/g)]
      .flatMap(([, block = ""]) => block.replaceAll("\\\n", " ").split("\n"))
      .flatMap((line): Line[] => {
        const [program = "", ...words] = line
          .replace(/\s#.*$/, "")
          .trim()
          .split(/\s+/);
        // What stands behind -- is another program's.
        const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
        return PROGRAMS.some((name) => name === program) ? [{ document, program, words: own }] : [];
      }),
  );
}

test("shell blocks use only flags and commands that exist", () => {
  const known = knownFlags();
  const commands = new Set(
    [...read("docs/configuration.md").matchAll(/^### (\S+)$/gm)].map(([, name]) => name),
  );
  const lines = commandLines();
  assert.ok(lines.length > 10, "found lines to look at");
  for (const { document, program, words } of lines) {
    const where = `${document}: ${program} ${words.join(" ")}`;
    for (const flag of words.filter((word) => word.startsWith("--")))
      assert.ok(known.get(program)?.has(flag.split("=")[0] ?? ""), `${where}: there is no ${flag}`);
    if (program === "jamesd-ctl") assert.ok(commands.has(words[0] === "--cmd" ? words[1] : words[0]), where);
  }
});

test("the README's walk-through asks nobody: what is pasted below a question would be the answer", () => {
  const asking = commandLines().filter(
    ({ document, words }) => document === "README.md" && words[0] === "set-desired-state",
  );
  assert.equal(asking.length, 3, "one installs, one upgrades, one removes");
  for (const { words } of asking) assert.ok(words.includes("--yes"), words.join(" "));
});

test("every npm script that the documentation names is there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const named = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\bnpm (?:run ([a-z-]+)|(start|test)\b)/g)].map(
      ([, run, word]) => run ?? word ?? "",
    ),
  );
  assert.deepEqual(
    [...new Set(named)].filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});

test("what docs/security.md claims names the tests that hold it", () => {
  const [claims = ""] = read("docs/security.md").split("\n## What is not there yet");
  const lines = claims.split("\n").filter((line) => line.startsWith("- "));
  assert.ok(lines.length > 20, "found claims");
  const unheld = lines.filter((line) => !/\]\(\.\.\/[^)]+\.test\.ts\)[,)]/.test(line));
  assert.deepEqual(unheld, []);
});

test("each decision record has a number of its own, in its name, its title and where it is linked", () => {
  const numbers = new Map<string, string>();
  for (const path of DOCUMENTS.filter((document) => document.startsWith("docs/decisions/"))) {
    const [, number = ""] = /\/(\d{4})-[^/]+$/.exec(path) ?? [];
    assert.ok(
      !numbers.has(number),
      `${path} has the number of ${numbers.get(number)}: take the next free one`,
    );
    numbers.set(number, path);
    assert.ok(read(path).startsWith(`# ${number} `), `${path} begins with "# ${number} TITLE"`);
  }
  for (const document of DOCUMENTS)
    for (const [link, said, target = ""] of read(document).matchAll(
      /\[(\d{4})\]\((?:[\w./-]*\/)?(\d{4}-[^)#]*)/g,
    ))
      assert.ok(target.startsWith(`${said}-`), `${document}: ${link}`);
});

test("docs/dashboard.md has a picture of each page of the dashboard, and there is no other (else: npm run screenshots)", () => {
  const shown = [...read("docs/dashboard.md").matchAll(/!\[.+?\]\(dashboard\/([\w-]+)\.webp\)/g)].map(
    ([, name]) => name,
  );
  const names = Object.values(PICTURES).flatMap((pictures) => pictures.map(({ name }) => name));
  assert.deepEqual(shown.toSorted(), names.toSorted());
  const files = readdirSync(join(ROOT, "docs/dashboard"));
  assert.deepEqual(files.toSorted(), names.map((name) => `${name}.webp`).toSorted());
  const bytes = files.reduce((sum, file) => sum + statSync(join(ROOT, "docs/dashboard", file)).size, 0);
  assert.ok(bytes <= MOST_PICTURES, `${bytes} bytes of pictures`);
});

test("each picture of the dashboard is of the page that it says", () => {
  const scene = { rollout: 42, packets: ["0a", "0b"] };
  for (const [page, pictures] of Object.entries(PICTURES))
    for (const { name, path } of pictures)
      assert.equal(placeOf(path(scene).replace(/\?.*/, "")).page, page, name);
});
