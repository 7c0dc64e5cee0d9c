import { sha256 } from "../digest.ts";

/** The rank of a device in a rollout, from 0 to below 1: the lower, the earlier its turn. Never by chance: the same seed gives the same order again. */
export function rankOf(seed: number, id: string): number {
  // 13 digits of 4 bits are as many as a number holds exactly.
  return Number.parseInt(sha256(`${seed}\0${id}`).slice(0, 13), 16) / 2 ** 52;
}
