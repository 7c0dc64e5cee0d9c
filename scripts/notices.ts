import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package of others that is in a program. */
interface Bundled {
  readonly name: string;
  readonly version: string;
  /** As SPDX calls it. */
  readonly license: string;
  /** What has to go with every copy. */
  readonly text: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;
const BEGIN = "/*! What others wrote of this program, and their licences.";
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/**
 * The packages of others that these files are of, with their licences, as a comment: what a bundler takes out of the
 * sources are the comments that some of them have, and no licence.
 * @param inputs paths from the repository @throws Error of a package whose licence cannot be told
 */
export function noticeOf(repository: string, inputs: Iterable<string>): string {
  const folders = new Set([...inputs].flatMap((input) => PACKAGE.exec(input)?.[0] ?? []));
  const bundled = [...folders].map((folder) => readPackage(join(repository, folder)));
  const ordered = bundled.sort((one, other) => (titleOf(one) < titleOf(other) ? -1 : 1));
  const texts = ordered.map((one) => `${titleOf(one)}\n\n${one.text}\n`);
  return `${[BEGIN, ...texts].join(`\n${"-".repeat(72)}\n`).replaceAll("*/", "* /")}*/\n`;
}

/** The notice that a program has. @throws Error when it has none */
export function noticeIn(program: string): string {
  const at = program.lastIndexOf(BEGIN);
  if (at < 0) throw new Error("the program does not say what of others is in it");
  return program.slice(at + 4, program.indexOf("*/", at));
}

function titleOf({ name, version, license }: Bundled): string {
  return `${name} ${version} (${license})`;
}

function readPackage(folder: string): Bundled {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { name, version, license } = manifest;
  if (license === undefined) throw new Error(`${name} does not say what its licence is`);
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  return { name, version, license, text: texts.length > 0 ? texts.join("\n\n") : ownText(manifest) };
}

/** Of a package that has no file with its licence. */
function ownText({ name, license, author }: Manifest): string {
  const holder = typeof author === "string" ? author : author?.name;
  if (license === "MIT" && holder !== undefined) return `Copyright (c) ${holder}\n\n${MIT}`;
  throw new Error(`${name} has no file with its licence`);
}
