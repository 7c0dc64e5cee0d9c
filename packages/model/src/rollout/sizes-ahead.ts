import type { RolloutDevice } from "./opened-wave.ts";
import { addedBy, type Wave } from "./waves.ts";

/**
 * How many devices waves would have if they were opened now, one after the other, without ranking a whole fleet for each;
 * of those that go by a tag it may be fewer, for who has it may come by rank before.
 * @param admitted those of the waves that are open
 */
export function sizesAhead(
  waves: readonly Wave[],
  population: readonly RolloutDevice[],
  admitted: ReadonlySet<string>,
): readonly number[] {
  const free = population.filter(({ id }) => !admitted.has(id));
  let left = free.length;
  return waves.map((wave) => {
    const before = population.length - left;
    const wanted =
      "tag" in wave
        ? free.filter(({ tags }) => tags.has(wave.tag)).length
        : addedBy(wave, before, population.length);
    const size = Math.max(0, Math.min(left, wanted));
    left -= size;
    return size;
  });
}
