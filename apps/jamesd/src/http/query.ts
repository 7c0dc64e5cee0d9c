import { JamesError } from "@jamesd/model";

/** The query of a request; each parameter at most once. */
export type Query = Readonly<Record<string, string | undefined>>;

/** How many to list: as `limit` says, `usual` when it says nothing, `most` at the most. @throws JamesError REQUEST_INVALID */
export function limitOf(query: Query, most: number, usual = most): number {
  return Math.min(countOf(query, "limit") ?? usual, most);
}

/** A parameter that is a whole number from 0 on. @throws JamesError REQUEST_INVALID */
export function countOf(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new JamesError("REQUEST_INVALID", `${name}=${text} is not a number`);
}
