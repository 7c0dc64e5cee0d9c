/** So many the server lists at a time at the least, when it is asked for as many. */
const PAGE = 1000;

/** Reads a list page by page to its end, or until there are `most`; `ask` is told how many to ask for, and what came last. */
export async function readPages<T>(
  most: number,
  ask: (limit: number, last: T | undefined) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  while (found.length < most) {
    const limit = Math.min(PAGE, most - found.length);
    const page = await ask(limit, found.at(-1));
    found.push(...page);
    if (page.length < limit) break;
  }
  return found;
}
