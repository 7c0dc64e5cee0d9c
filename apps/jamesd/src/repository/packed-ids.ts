import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Which devices a step of a rollout names. */
export interface StepIds {
  /** Of each wave that it opens. */
  readonly waves: readonly (readonly string[])[];
  /** Of each, those that it left to later ones. */
  readonly later: readonly (readonly string[])[];
  readonly excused: readonly string[];
}

/** More than the ids of a million devices, however long; what is longer was not written by us. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Ids as JSON, compressed with zstd: a step may name a whole fleet. */
export function packIds(ids: StepIds): Uint8Array {
  return zstdCompressSync(JSON.stringify(ids), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** @throws Error when it is damaged, or longer than anything that was packed */
export function unpackIds(packed: Uint8Array, mostBytes = MOST_BYTES): StepIds {
  const json = zstdDecompressSync(packed, { maxOutputLength: mostBytes }).toString();
  const { waves, later, excused } = JSON.parse(json) as Partial<Record<keyof StepIds, unknown>>;
  if (!isLists(waves) || !isLists(later) || !isIds(excused)) throw new TypeError("they are no lists of ids");
  return { waves, later, excused };
}

function isLists(value: unknown): value is readonly (readonly string[])[] {
  return Array.isArray(value) && value.every(isIds);
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((id) => typeof id === "string");
}
