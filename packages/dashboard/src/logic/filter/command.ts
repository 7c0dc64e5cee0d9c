import { shellWord } from "@jamesd/model";
import type { Term } from "./term.ts";

/** The command that lists the same devices. @returns besides whether it says all that the filter does */
export function commandOf(terms: readonly Term[]): { readonly text: string; readonly isAll: boolean } {
  const tags = terms.flatMap((term) => (term.key === "tag" && !term.not ? [term.value] : []));
  const flags = new Map(tags.length > 0 ? [["--tags", shellWord(tags.join(","))]] : []);
  let isAll = true;
  for (const term of terms) {
    if (term.key === "tag" && !term.not) continue;
    const own = flagsOf(term);
    if (own.length === 0 || own.some(([name]) => flags.has(name))) isAll = false;
    else for (const [name, value] of own) flags.set(name, value);
  }
  const texts = [...flags].map(([name, value]) => (value === "" ? name : `${name} ${value}`));
  return { text: ["list-systems", ...texts].join(" "), isAll };
}

type Flag = readonly [name: string, value: string];

function flagsOf(term: Term): readonly Flag[] {
  if (term.key === "connected") return [[term.is === term.not ? "--disconnected" : "--connected", ""]];
  if (term.not) return [];
  switch (term.key) {
    case "sync":
      return [["--sync", shellWord(term.values.join(","))]];
    case "app": {
      const tags: readonly Flag[] =
        term.tags.length > 0 ? [["--app-tags", shellWord(term.tags.join(","))]] : [];
      return [["--app", shellWord(term.name)], ...tags];
    }
    case "drift":
      return term.is === "yes" ? [["--drift", ""]] : [];
    case "seen":
      return [[term.than === "<" ? "--seen-since" : "--seen-before", `${timeWord(term)}`]];
    default:
      return [];
  }
}

function timeWord({ count, unit }: Extract<Term, { key: "seen" }>): string {
  return unit === "w" ? `'${count * 7}d ago'` : `'${count}${unit} ago'`;
}
