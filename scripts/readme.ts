import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const README = join(resolve(import.meta.dirname, ".."), "README.md");
/** With the line that leads up to it. */
const PICTURE = /(?:^.*:\n\n)?^!\[[^\]]*\]\(([^)]*)\)\n+/gm;
const LINK = /\[([^\]]*)\]\(([^)]*)\)/g;
const IS_ELSEWHERE = /^(?:https?:|#)/;

/** The README as a package has it: pictures and links that lead to what is not there are left out, of links the words stay. */
export function readmeFor(isThere: (path: string) => boolean): string {
  const leads = (target: string): boolean => IS_ELSEWHERE.test(target) || isThere(target.replace(/#.*$/, ""));
  return readFileSync(README, "utf8")
    .replace(PICTURE, (picture, target: string) => (leads(target) ? picture : ""))
    .replace(LINK, (link, words: string, target: string) => (leads(target) ? link : words));
}
