import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { OpenedWave } from "@jamesd/model";

/** Which devices a step of a rollout names. */
interface StepIds {
  /** Of each wave that it opens. */
  readonly waves: readonly WaveIds[];
  readonly excused: readonly string[];
}

/** The devices that a wave names. */
export type WaveIds = Pick<OpenedWave, "ids" | "later">;

/** More than the ids of a million devices, however long; what is longer was not written by us. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Ids as JSON, compressed with zstd: a step may name a whole fleet. */
export function packIds(ids: StepIds): Uint8Array {
  return zstdCompressSync(JSON.stringify(ids), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** @throws Error when it is damaged, or longer than anything that was packed */
export function unpackIds(packed: Uint8Array, mostBytes = MOST_BYTES): StepIds {
  const json = zstdDecompressSync(packed, { maxOutputLength: mostBytes }).toString();
  const { waves, excused } = JSON.parse(json) as Partial<Record<keyof StepIds, unknown>>;
  if (!Array.isArray(waves) || !waves.every(isWave) || !isIds(excused))
    throw new TypeError("they are no lists of ids");
  return { waves, excused };
}

function isWave(value: unknown): value is WaveIds {
  const { ids, later } = (value ?? {}) as Partial<WaveIds>;
  return isIds(ids) && isIds(later);
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((id) => typeof id === "string");
}
