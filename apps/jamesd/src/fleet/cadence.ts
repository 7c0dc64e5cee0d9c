/** What decides how often those ask whose check-ins are not held. */
export interface Rush {
  /** How many there are. */
  readonly polling: number;
  /** How far the server is from keeping up, from 0 to 1. */
  readonly strain: number;
}

/** So many of them may come in a second: each makes a connection for it, which takes half a millisecond to a whole one. */
const PER_SECOND = 100;

/** Who is silent for ten minutes has lost its place to another machine with its certificate. */
export const LONGEST_MS = 8 * 60_000;
export const SHORTEST_MS = 60_000;

/**
 * After how long a device that is not held asks again, in milliseconds: so that all of them together are no more than the
 * server bears, and less often when it cannot keep up; give or take a fifth by `random`, from 0 to under 1, since many are
 * told at once.
 */
export function askAgainAfter({ polling, strain }: Rush, random: number): number {
  const ms = (polling / PER_SECOND) * 1000 * (1 + 4 * strain);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms)) * (0.8 + 0.4 * random);
}

/** What a held check-in costs, its connection and its share of the heap, in bytes. */
const HELD_BYTES = 100_000;

/**
 * How many check-ins may be held where nobody says it: as many as fit into half of the memory, and into three quarters of
 * the connections that there may be.
 */
export function usualMostHeld(memory: number, connections: number): number {
  return Math.floor(Math.min(memory / 2 / HELD_BYTES, (connections * 3) / 4));
}
