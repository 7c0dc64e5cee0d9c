import { machine } from "node:os";
import { isWord, MAX_WORD, type Tag } from "@jamesd/model";
import { detectDistribution } from "./distribution.ts";
import { detectInit } from "./init.ts";
import { detectLibc } from "./libc.ts";

/** Where facts are read from. */
export interface System {
  /** The running system's root folder: `/`. */
  readonly root: string;
  /** As `uname -m` prints it. */
  readonly machine: string;
}

/** What the running system is, as tags: architecture, libc, init system, distribution; what is not known is left out. */
export function detectTags(system: System = { root: "/", machine: machine() }): readonly Tag[] {
  const { root } = system;
  const facts = [system.machine, detectLibc(root), detectInit(root), ...detectDistribution(root)];
  const tags = facts.flatMap((fact) => (fact === undefined ? [] : [asTag(fact)])).filter(isWord);
  return [...new Set(tags)];
}

/** Makes a tag of a text: what a tag may not hold becomes a hyphen. */
function asTag(text: string): Tag {
  const replaced = [...text].map((character) => (isWord(character) ? character : "-"));
  return replaced.join("").slice(0, MAX_WORD);
}
