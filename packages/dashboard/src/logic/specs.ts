import type { ReplyOf } from "@jamesd/protocol";
import { printFilter } from "./filter/print.ts";
import type { Term } from "./filter/term.ts";

type Spec = ReplyOf<"listSpecs">[number];

const NOT = "not:";
const ID = "id:";

/** The filter of devices that lets through those that a selector chooses: all, when it says nothing. */
export function filterOf(selector: readonly string[]): string {
  return printFilter(selector.map(termOf));
}

function termOf(text: string): Term {
  const not = text.startsWith(NOT);
  const value = not ? text.slice(NOT.length) : text;
  return value.startsWith(ID)
    ? { key: "id", value: value.slice(ID.length), not }
    : { key: "tag", value, not };
}

/** A spec that wants an app of a packet's name, and what a device must have besides so that it gets this packet. */
export interface Wanting {
  readonly id: string;
  readonly tags: readonly string[];
  readonly needs: readonly string[];
}

/** The specs that may mean a packet, those that ask the least of devices first. */
export function specsWanting(
  { name, tags }: { readonly name: string; readonly tags: readonly string[] },
  specs: readonly Pick<Spec, "id" | "apps">[],
): readonly Wanting[] {
  return specs
    .flatMap(({ id, apps }) => apps.filter((app) => app.name === name).map((app) => ({ id, tags: app.tags })))
    .map((one) => ({ ...one, needs: tags.filter((tag) => !one.tags.includes(tag)) }))
    .sort((a, b) => a.needs.length - b.needs.length || (a.id < b.id ? -1 : 1));
}
