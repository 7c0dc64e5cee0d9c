/** The index of the first of sorted ids that is this one or comes after it; as many as there are: none. */
export function indexFrom(sorted: readonly string[], id: string): number {
  return indexBy(sorted, id, itself);
}

/** The same of what is sorted by its ids. */
export function indexBy<T>(sorted: readonly T[], id: string, idOf: (one: T) => string): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (idOf(sorted[middle] as T) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** True when an id is among sorted ones. By halving: a set of a whole fleet would have to be made first. */
export function isAmong(sorted: readonly string[], id: string): boolean {
  return sorted[indexFrom(sorted, id)] === id;
}

function itself(id: string): string {
  return id;
}
