import { JamesError } from "./error.ts";
import { isGiven } from "./given-tags.ts";
import { parseTag, type Tag } from "./tag.ts";

/**
 * What chooses the devices of a spec: terms that must all hold. `TAG`: the device has it. `id:ID`: it is this one. `not:` before
 * either: it must not hold.
 */
export type Selector = readonly Tag[];

const NOT = "not:";
const ID = "id:";

/** One term, taken apart. */
interface Term {
  readonly isDenied: boolean;
  /** The device that it is about; undefined: it is about a tag. */
  readonly id: string | undefined;
  readonly tag: Tag;
}

/** Checks one term of a selector. @throws JamesError TAG_INVALID that names it */
export function parseTerm(text: string): Tag {
  const { id, tag } = termOf(text);
  if (tag.startsWith(NOT))
    throw new JamesError("TAG_INVALID", `${JSON.stringify(text)} denies twice`, {
      hint: `Write ${NOT} once, as in not:lab or not:id:device-7.`,
    });
  parseTag(id ?? tag);
  return text;
}

/** Checks the terms of a selector and drops repeats; the order given stays. @throws JamesError TAG_INVALID */
export function parseSelector(texts: readonly string[]): Selector {
  return [...new Set(texts.map(parseTerm))];
}

/** True when a selector chooses the device of this id with these tags. */
export function isSelected(selector: Selector, tags: ReadonlySet<Tag>, id: string): boolean {
  return isSelectedByTags(selector, tags) && isSelectedById(selector, id);
}

/** True when all that a selector says of tags holds: for all devices with the same tags alike. */
export function isSelectedByTags(selector: Selector, tags: ReadonlySet<Tag>): boolean {
  return selector.every((text) => {
    const { id, tag, isDenied } = termOf(text);
    return id !== undefined || tags.has(tag) !== isDenied;
  });
}

/** True when all that a selector says of ids holds; most say nothing of them. */
export function isSelectedById(selector: Selector, id: string): boolean {
  return selector.every((text) => {
    const term = termOf(text);
    return term.id === undefined || (term.id === id) !== term.isDenied;
  });
}

/** True when a selector says something of ids, so that devices with the same tags are not alike for it. */
export function namesDevices(selector: Selector): boolean {
  return selector.some((text) => termOf(text).id !== undefined);
}

/** True when a selector says something of tags that are not given by the server: what it chooses is for devices to say. */
export function selectsByClaims(selector: Selector): boolean {
  return selector.some((text) => {
    const { id, tag } = termOf(text);
    return id === undefined && !isGiven(tag);
  });
}

function termOf(text: string): Term {
  const isDenied = text.startsWith(NOT);
  const tag = isDenied ? text.slice(NOT.length) : text;
  return { isDenied, tag, id: tag.startsWith(ID) ? tag.slice(ID.length) : undefined };
}
