const LEAST_MS = 5000;
const SPREAD_MS = 10_000;

/**
 * When who is refused for now may come again, in milliseconds: at random, so that those who were refused together do not
 * come together. `random` gives a number from 0 to under 1.
 */
export function someTimeLater(random: () => number): number {
  return LEAST_MS + random() * SPREAD_MS;
}
